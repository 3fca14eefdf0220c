/* What has to be done to every pixel of every frame, and took Python's libraries too long. `pixels.py` tells what each
 * function promises, and checks what it is given. It needs no library, and is compiled by `compile.py`, by Clang, whose
 * vectors it is written in. */

#include <stddef.h>
#include <stdint.h>

/* A vector is a lane of 16 bytes; with AVX2 two lanes, which its instructions treat alike. */
#if defined(__AVX2__)
enum { LANES = 2 };
#else
enum { LANES = 1 };
#endif

/* For who loads this: a processor without AVX2 would end the process. */
const int32_t needs_avx2 = LANES == 2;

enum {
    PARTS = 64, /* Places are told in parts of a pixel, weights in parts of a whole. */
    LANE = 16,
    HALF = LANE / 2, /* So many samples are looked up in a lane: it suffices for steps of up to two pixels. */
    BLOCK = LANE * LANES,
};

typedef uint8_t bytes __attribute__((vector_size(BLOCK)));
typedef uint16_t words __attribute__((vector_size(BLOCK)));
typedef bytes bytes_anywhere __attribute__((aligned(1)));

#define LOAD(from) (*(const bytes_anywhere *)(from))
#define STORE(to, value) (*(bytes_anywhere *)(to) = (value))

/* In each lane: `lookup` is a byte of the table for each index; `weighed` the sum of each two bytes, times their
 * weights; `rounded` whole levels of such sums; `narrowed` the words of both as bytes; `low_pairs` and `high_pairs` the
 * bytes of the low and the high halves of both, in pairs. `tables` are the 16 bytes from each lane's base on. */
#if defined(__AVX2__)
#include <immintrin.h>
typedef __m256i vector;
static inline bytes lookup(bytes table, bytes at) { return (bytes)_mm256_shuffle_epi8((vector)table, (vector)at); }
static inline words weighed(bytes pairs, bytes weights) {
    return (words)_mm256_maddubs_epi16((vector)pairs, (vector)weights);
}
static inline words rounded(words sums) {
    return (words)_mm256_mulhrs_epi16((vector)sums, _mm256_set1_epi16((1 << 15) / PARTS));
}
static inline bytes narrowed(words low, words high) { return (bytes)_mm256_packus_epi16((vector)low, (vector)high); }
static inline bytes low_pairs(bytes one, bytes other) {
    return (bytes)_mm256_unpacklo_epi8((vector)one, (vector)other);
}
static inline bytes high_pairs(bytes one, bytes other) {
    return (bytes)_mm256_unpackhi_epi8((vector)one, (vector)other);
}
static inline bytes tables(const uint8_t *row, const int32_t *base) {
    return (bytes)_mm256_loadu2_m128i((const __m128i *)(row + base[1]), (const __m128i *)(row + base[0]));
}
#else
static inline words rounded(words sums) { return (sums + PARTS / 2) / PARTS; }
static inline bytes narrowed(words low, words high) {
    return __builtin_shufflevector((bytes)low, (bytes)high, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
}
static inline bytes low_pairs(bytes one, bytes other) {
    return __builtin_shufflevector(one, other, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
}
static inline bytes high_pairs(bytes one, bytes other) {
    return __builtin_shufflevector(one, other, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
}
static inline bytes tables(const uint8_t *row, const int32_t *base) { return LOAD(row + base[0]); }
#if defined(__aarch64__)
#include <arm_neon.h>
static inline bytes lookup(bytes table, bytes at) { return (bytes)vqtbl1q_u8((uint8x16_t)table, (uint8x16_t)at); }
#else
static inline bytes lookup(bytes table, bytes at) {
    bytes found;
    for (int i = 0; i < 16; i++) found[i] = table[at[i] & 15];
    return found;
}
#endif
static inline words weighed(bytes pairs, bytes weights) {
    words p = (words)pairs, w = (words)weights;
    return (p & 255) * (w & 255) + (p >> 8) * (w >> 8);
}
#endif

/* What Python hands over, field by field (`pixels.py`). */
enum { ALPHA = 3, CHROMA_ALPHA, PLANES };
typedef struct {
    const uint8_t *planes[PLANES];
    ptrdiff_t strides[PLANES];
    int32_t width, height;
} Picture;
typedef struct {
    const int32_t *sides, *starts;
    const uint8_t *covers;
    int32_t count, phases;
} Discs;

/* Where the samples of a block of a row lie: those of a lane in two halves, each in the 16 bytes from a base on. */
typedef struct {
    uint8_t pick[2][BLOCK], weights[2][BLOCK];
    int32_t base[2][LANES];
} Block;

/* The pixel at or before a place between pixel centres, and how far from it the place is, in parts; edges go on. */
static inline int32_t pixel_at(double place, int32_t count, int32_t *part) {
    double last = count - 1;
    place = place < 0 ? 0 : place > last ? last : place;
    int32_t parts = (int32_t)(place * PARTS + 0.5);
    *part = parts % PARTS;
    return parts / PARTS;
}

/* Between two rows, from one column up to another. */
static void mix_rows(const uint8_t *upper, const uint8_t *lower, int32_t part, int32_t from, int32_t to, uint8_t *row) {
    words pair = {0};
    pair += (uint16_t)(part << 8 | (PARTS - part));
    bytes weights = (bytes)pair;
    int32_t x = from;
    for (; x + BLOCK <= to; x += BLOCK) {
        bytes one = LOAD(upper + x), other = LOAD(lower + x);
        words low = weighed(low_pairs(one, other), weights), high = weighed(high_pairs(one, other), weights);
        STORE(row + x, narrowed(rounded(low), rounded(high)));
    }
    for (; x < to; x++)
        row[x] = (uint8_t)((upper[x] * (PARTS - part) + lower[x] * part + PARTS / 2) / PARTS);
}

size_t sample_scratch(int32_t columns, int32_t width) {
    return (size_t)(width / BLOCK + 1) * sizeof(Block) + (size_t)columns + 2 * BLOCK;
}

void sample(const uint8_t *source, ptrdiff_t source_stride, int32_t columns, int32_t rows, uint8_t *target,
            ptrdiff_t target_stride, int32_t width, int32_t height, double step_x, double start_x, double step_y,
            double start_y, uint8_t *scratch) {
    int32_t blocks = (width + BLOCK - 1) / BLOCK, part;
    Block *block = (Block *)scratch;
    uint8_t *row = scratch + (size_t)blocks * sizeof(Block);
    for (int32_t x = 0; x < blocks * BLOCK; x++) {
        Block *here = block + x / BLOCK;
        int32_t lane = x % BLOCK / LANE, half = x % LANE / HALF, i = lane * LANE + x % HALF * 2;
        int32_t last = x < width ? x : width - 1;
        int32_t left = pixel_at(start_x + (last + 0.5) * step_x - 0.5, columns, &part);
        if (x % HALF == 0) here->base[half][lane] = left;
        left -= here->base[half][lane];
        here->pick[half][i] = (uint8_t)left;
        /* Of the pixel beyond the last one nothing is taken. */
        here->pick[half][i + 1] = (uint8_t)(left + (part > 0));
        here->weights[half][i] = (uint8_t)(PARTS - part);
        here->weights[half][i + 1] = (uint8_t)part;
    }
    int32_t from = block[0].base[0][0];
    int32_t to = pixel_at(start_x + (width - 0.5) * step_x - 0.5, columns, &part) + 2;
    to = to < columns ? to : columns;
    for (int32_t y = 0; y < height; y++, target += target_stride) {
        const uint8_t *upper = source + pixel_at(start_y + (y + 0.5) * step_y - 0.5, rows, &part) * source_stride;
        mix_rows(upper, part > 0 ? upper + source_stride : upper, part, from, to, row);
        for (int32_t n = 0; n < blocks; n++) {
            words found[2];
            for (int half = 0; half < 2; half++)
                found[half] = rounded(weighed(lookup(tables(row, block[n].base[half]), LOAD(block[n].pick[half])),
                                              LOAD(block[n].weights[half])));
            bytes done = narrowed(found[0], found[1]);
            int32_t x = n * BLOCK;
            if (x + BLOCK <= width)
                STORE(target + x, done);
            else
                for (int i = 0; x + i < width; i++) target[x + i] = done[i];
        }
    }
}

/* The low or the high half of 16 bytes, as words. */
static inline words low_of(bytes values) { return (words)low_pairs(values, (bytes){0}); }
static inline words high_of(bytes values) { return (words)high_pairs(values, (bytes){0}); }

/* Rounded as exactly as dividing by 255 would. */
static inline words parts_of_255(words products) {
    words sums = products + 128;
    return (sums + (sums >> 8)) >> 8;
}

static inline words parts_of_256(words values, uint16_t part) { return (values * part + 128) >> 8; }

static inline words laid(words below, words above, words alpha, uint16_t opacity) {
    if (opacity < 256) above = parts_of_256(above, opacity), alpha = parts_of_256(alpha, opacity);
    const words white = (words){0} + 255;
    return __builtin_elementwise_min(parts_of_255(below * (white - alpha)) + above, white);
}

static inline int any(bytes values) {
    typedef uint64_t quads __attribute__((vector_size(BLOCK)));
    return __builtin_reduce_or((quads)values) != 0;
}

static inline bytes laid_bytes(bytes below, bytes above, bytes alpha, uint16_t opacity) {
    return narrowed(laid(low_of(below), low_of(above), low_of(alpha), opacity),
                    laid(high_of(below), high_of(above), high_of(alpha), opacity));
}

void lay_over(uint8_t *target, ptrdiff_t target_stride, const uint8_t *source, ptrdiff_t source_stride,
              const uint8_t *alpha, ptrdiff_t alpha_stride, int32_t width, int32_t height, int32_t opacity) {
    for (int32_t y = 0; y < height; y++, target += target_stride, source += source_stride, alpha += alpha_stride) {
        /* What is left at the end of the row is done with some before it, from how they were. */
        int32_t end = width - BLOCK;
        bytes last = {0};
        if (end >= 0)
            last = laid_bytes(LOAD(target + end), LOAD(source + end), LOAD(alpha + end), (uint16_t)opacity);
        else {
            bytes below = {0}, above = {0}, covers = {0};
            for (int i = 0; i < width; i++) below[i] = target[i], above[i] = source[i], covers[i] = alpha[i];
            last = laid_bytes(below, above, covers, (uint16_t)opacity);
        }
        for (int32_t x = 0; x < end; x += BLOCK) {
            bytes covers = LOAD(alpha + x);
            if (any(covers))
                STORE(target + x, laid_bytes(LOAD(target + x), LOAD(source + x), covers, (uint16_t)opacity));
        }
        if (end >= 0)
            STORE(target + end, last);
        else
            for (int i = 0; i < width; i++) target[i] = last[i];
    }
}

static inline int32_t floor_of(double value) {
    int32_t whole = (int32_t)value;
    return whole - (value < whole);
}

/* Eight pixels of a disc at once, as its rows are filled up to. */
#define EIGHT_AT_ONCE _Pragma("clang loop vectorize_width(8) interleave_count(1)")

static inline uint8_t thinned(uint8_t cover, uint16_t strength) { return (uint8_t)(cover * strength >> 8); }

static inline uint8_t shaded(uint8_t pixel, uint8_t cover, uint16_t shade) {
    return (uint8_t)((uint16_t)(pixel * (256 - cover) + shade * cover) >> 8);
}

static void shade_row(uint8_t *restrict pixel, const uint8_t *restrict cover, int32_t count, uint16_t strength,
                      uint16_t shade) {
    EIGHT_AT_ONCE
    for (int32_t i = 0; i < count; i++) pixel[i] = shaded(pixel[i], thinned(cover[i], strength), shade);
}

static void thicken(uint8_t *restrict thick, const uint8_t *restrict cover, int32_t count, uint16_t strength) {
    EIGHT_AT_ONCE
    for (int32_t i = 0; i < count; i++) {
        uint8_t here = thinned(cover[i], strength);
        thick[i] = here > thick[i] ? here : thick[i];
    }
}

static void shade_thickest(uint8_t *restrict pixel, uint8_t *restrict thick, const uint8_t *restrict cover,
                           int32_t count, uint16_t shade) {
    EIGHT_AT_ONCE
    for (int32_t i = 0; i < count; i++) {
        uint8_t here = cover[i] ? thick[i] : 0;
        pixel[i] = shaded(pixel[i], here, shade);
        thick[i] = thick[i] - here;
    }
}

/* How many of the discs touch the square of this one, which is one of them. */
static int32_t touching(int32_t count, const int32_t *sides, const int32_t *lefts, const int32_t *tops, int32_t disc) {
    int32_t found = 0;
    for (int32_t i = 0; i < count; i++)
        found += (lefts[i] < lefts[disc] + sides[disc]) & (lefts[disc] < lefts[i] + sides[i]) &
                 (tops[i] < tops[disc] + sides[disc]) & (tops[disc] < tops[i] + sides[i]);
    return found;
}

/* A plane of a frame, of which there are three: all of its luma, then twice a quarter of it for its colour. */
typedef struct {
    ptrdiff_t start;
    int32_t width, height, part;
} Plane;

static Plane plane_of(int32_t number, int32_t width, int32_t height) {
    int32_t part = number ? 2 : 1;
    ptrdiff_t whole = (ptrdiff_t)width * height;
    ptrdiff_t start = number == 0 ? 0 : number == 1 ? whole : whole + whole / 4;
    return (Plane){start, width / part, height / part, part};
}

static inline int32_t least(int32_t one, int32_t other) { return one < other ? one : other; }
static inline int32_t most(int32_t one, int32_t other) { return one > other ? one : other; }

void lay_picture(uint8_t *frame, int32_t width, int32_t height, const Picture *picture, int32_t x, int32_t y,
                 int32_t opacity) {
    int32_t left = most(x, 0), top = most(y, 0);
    int32_t right = least(x + picture->width, width), low = least(y + picture->height, height);
    if (left >= right || top >= low) return;
    for (int32_t number = 0; number < 3; number++) {
        Plane plane = plane_of(number, width, height);
        int32_t part = plane.part, covers = number ? CHROMA_ALPHA : ALPHA;
        ptrdiff_t across = (left - x) / part, down = (top - y) / part;
        lay_over(frame + plane.start + (ptrdiff_t)(top / part) * plane.width + left / part, plane.width,
                 picture->planes[number] + down * picture->strides[number] + across, picture->strides[number],
                 picture->planes[covers] + down * picture->strides[covers] + across, picture->strides[covers],
                 right / part - left / part, low / part - top / part, opacity);
    }
}

static void copy_part(uint8_t *target, const uint8_t *source, int32_t stride, int32_t left, int32_t top, int32_t right,
                      int32_t low) {
    if (left >= right) return;
    for (int32_t row = top; row < low; row++) {
        ptrdiff_t at = (ptrdiff_t)row * stride + left;
        __builtin_memcpy(target + at, source + at, (size_t)(right - left));
    }
}

void copy_area(uint8_t *frame, const uint8_t *source, int32_t width, int32_t height, int32_t left, int32_t top,
               int32_t right, int32_t low) {
    for (int32_t number = 0; number < 3; number++) {
        Plane plane = plane_of(number, width, height);
        copy_part(frame + plane.start, source + plane.start, plane.width, left / plane.part, top / plane.part,
                 right / plane.part, low / plane.part);
    }
}

/* On one plane, where `places` says: the left and then the upper edge of each, and then whether it is alone. */
static void paint_on_plane(const Discs *discs, const int32_t *places, const double *x, const double *y, double scale,
                           const uint16_t *strengths, const uint16_t *shades, uint8_t *thickest, uint8_t *plane,
                           int32_t width, int32_t height) {
    int32_t count = discs->count, phases = discs->phases;
    const int32_t *lefts = places, *tops = places + count, *alone = places + 2 * count;
    /* Where discs may meet: first how thick the thickest of each pixel is, then the pixels, each once: by the last disc
     * that has it. The others do not wait for that, which spares most of the memory to be touched. */
    for (int paint = 0; paint < 2; paint++)
        for (int32_t disc = count - 1; disc >= 0; disc--) {
            if (alone[disc] && !paint) continue;
            int32_t side = discs->sides[disc], across = (side + 7) / 8 * 8, left = lefts[disc], top = tops[disc];
            double right_of = x[disc] * scale - (left + side / 2), below = y[disc] * scale - (top + side / 2);
            int32_t phase = (int32_t)(right_of * phases) + phases * (int32_t)(below * phases);
            int32_t before = most(-left, 0), end = least(across, width - left);
            if (before >= end) continue;
            for (int32_t row = most(-top, 0); row < least(side, height - top); row++) {
                const uint8_t *cover =
                    discs->covers + discs->starts[disc] + (ptrdiff_t)(phase * side + row) * across + before;
                ptrdiff_t at = (ptrdiff_t)(top + row) * width + left + before;
                if (alone[disc])
                    shade_row(plane + at, cover, end - before, strengths[disc], shades[disc]);
                else if (paint)
                    shade_thickest(plane + at, thickest + at, cover, end - before, shades[disc]);
                else
                    thicken(thickest + at, cover, end - before, strengths[disc]);
            }
        }
}

/* `looks` are the discs as they are on the luma, and as they are on the two halved planes; `places` has room for three
 * numbers of each disc, for luma and for the others; of `shades` there are three for each disc, by plane. */
void paint_discs(const Discs *looks, int32_t *places, const double *x, const double *y, const uint16_t *strengths,
                 const uint16_t *shades, uint8_t *thickest, uint8_t *frame, int32_t width, int32_t height) {
    int32_t count = looks->count;
    for (int32_t look = 0; look < 2; look++) {
        const int32_t *sides = looks[look].sides;
        int32_t *lefts = places + look * 3 * count, *tops = lefts + count, *alone = tops + count;
        double scale = look ? 0.5 : 1;
        for (int32_t disc = 0; disc < count; disc++) {
            lefts[disc] = floor_of(x[disc] * scale) - sides[disc] / 2;
            tops[disc] = floor_of(y[disc] * scale) - sides[disc] / 2;
        }
        for (int32_t disc = 0; disc < count; disc++) alone[disc] = touching(count, sides, lefts, tops, disc) == 1;
    }
    for (int32_t number = 0; number < 3; number++) {
        Plane plane = plane_of(number, width, height);
        int32_t look = number > 0;
        paint_on_plane(looks + look, places + look * 3 * count, x, y, 1.0 / plane.part, strengths,
                       shades + number * count, thickest, frame + plane.start, plane.width, plane.height);
    }
}

/* Where discs were painted, the pixels of another frame of the same size. */
void put_discs_back(const Discs *looks, const int32_t *places, const uint8_t *source, uint8_t *frame, int32_t width,
                    int32_t height) {
    int32_t count = looks->count;
    for (int32_t number = 0; number < 3; number++) {
        Plane plane = plane_of(number, width, height);
        const int32_t *sides = looks[number > 0].sides;
        const int32_t *lefts = places + (number > 0) * 3 * count, *tops = lefts + count;
        for (int32_t disc = 0; disc < count; disc++)
            copy_part(frame + plane.start, source + plane.start, plane.width, most(lefts[disc], 0), most(tops[disc], 0),
                     least(lefts[disc] + (sides[disc] + 7) / 8 * 8, plane.width),
                     least(tops[disc] + sides[disc], plane.height));
    }
}
