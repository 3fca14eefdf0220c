"""Pictures that repeat the one before, written bit by bit: a few dozen bytes, and no encoder.

A title that stands for three seconds is one picture and 89 repetitions. x264 would compare all its blocks 89 times
(9 ms each at 1080p) to find out what the engine knows. H.264 can say it in one P slice in which every macroblock is
skipped: predicted from the picture before at the same place, with nothing added. Such a picture is a frame like any
other: the video keeps its constant rate. Written for streams of x264 as the engine sets it (frames of one slice,
progressive). All clauses are those of ITU-T H.264.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from render.engine.bits import BitReader, BitWriter, nal_unit, nal_units

_SPS, _PPS = 7, 8
_SLICE_HEADER = 0x41  # nal_ref_idc 2, nal_unit_type 1: a picture that the next one may refer to
_HIGH_PROFILES = (100, 110, 122, 244)


@dataclass(frozen=True)
class Repeats:
    """How a stream writes the headers of its slices, read from its parameter sets."""

    macroblocks: int
    frame_number_bits: int
    order_bits: int
    """Bits of pic_order_cnt_lsb; 0 when the order of pictures follows from their frame numbers (type 2)."""
    references: int
    arithmetic: bool
    """The slices are coded by CABAC, else by CAVLC."""
    weighted: bool
    initial_qp: int

    @classmethod
    def of(cls, parameter_sets: bytes) -> Repeats:
        """Read the SPS and the PPS of a stream (annex B).

        Raises:
            ValueError: it holds what the engine's encoder never writes.
        """
        units = {unit[0] & 31: BitReader(unit[1:]) for unit in nal_units(parameter_sets)}
        sps, pps = units[_SPS], units[_PPS]
        # Clause 7.3.2.1.1.
        profile = sps.fixed(8)
        sps.fixed(16)
        sps.unsigned()
        if profile in _HIGH_PROFILES:
            chroma, luma_depth, chroma_depth = sps.unsigned(), sps.unsigned(), sps.unsigned()
            _expect(chroma == 1 and luma_depth == chroma_depth == 0 and sps.fixed(2) == 0)
        frame_number_bits = sps.unsigned() + 4
        order_type = sps.unsigned()
        _expect(order_type in (0, 2))
        order_bits = sps.unsigned() + 4 if order_type == 0 else 0
        sps.unsigned()
        sps.fixed(1)
        macroblocks = (sps.unsigned() + 1) * (sps.unsigned() + 1)
        _expect(sps.fixed(1) == 1)
        # Clause 7.3.2.2.
        pps.unsigned()
        pps.unsigned()
        arithmetic = bool(pps.fixed(1))
        _expect(pps.fixed(1) == 0 and pps.unsigned() == 0)
        references = pps.unsigned() + 1
        pps.unsigned()
        weighted = bool(pps.fixed(1))
        pps.fixed(2)
        initial_qp = pps.signed() + 26
        pps.signed()
        pps.signed()
        _expect(pps.fixed(1) == 1 and pps.fixed(1) == 0 and pps.fixed(1) == 0)
        return cls(macroblocks, frame_number_bits, order_bits, references, arithmetic, weighted, initial_qp)

    def picture(self, number: int) -> bytes:
        """Picture ``number`` after a keyframe (1 is the first), when all before it are repetitions too."""
        bits = BitWriter()
        # Clause 7.3.3: slice header.
        bits.unsigned(0)  # first_mb_in_slice
        bits.unsigned(5)  # slice_type: P, and so is the whole picture
        bits.unsigned(0)  # pic_parameter_set_id
        bits.fixed(number % (1 << self.frame_number_bits), self.frame_number_bits)
        if self.order_bits:
            bits.fixed(2 * number % (1 << self.order_bits), self.order_bits)
        if self.references > 1:
            bits.fixed(1, 1)  # num_ref_idx_active_override_flag
            bits.unsigned(0)  # one reference: the picture before
        else:
            bits.fixed(0, 1)
        bits.fixed(0, 1)  # ref_pic_list_modification_flag_l0
        if self.weighted:
            for _ in ("luma_log2_weight_denom", "chroma_log2_weight_denom"):
                bits.unsigned(0)
            bits.fixed(0, 2)  # luma_weight_l0_flag, chroma_weight_l0_flag
        bits.fixed(0, 1)  # adaptive_ref_pic_marking_mode_flag
        if self.arithmetic:
            bits.unsigned(0)  # cabac_init_idc
        bits.unsigned(0)  # slice_qp_delta
        bits.unsigned(1)  # disable_deblocking_filter_idc: a copy stays a copy
        # Clause 7.3.4: slice data.
        if self.arithmetic:
            bits.align(1)
            bits.bits(_all_skipped(self.macroblocks, self.initial_qp))
            bits.align(0)
        else:
            bits.unsigned(self.macroblocks)  # mb_skip_run
            bits.end()
        return nal_unit(_SLICE_HEADER, bits.payload())


def _expect(as_usual: bool) -> None:
    if not as_usual:
        raise ValueError("the stream is not one that the engine's encoder writes")


@lru_cache(maxsize=8)
def _all_skipped(macroblocks: int, qp: int) -> str:
    """The bits of a slice in which every macroblock is skipped, arithmetic coding (clause 9.3.4.2).

    With all neighbours skipped, mb_skip_flag has the same context throughout (ctxIdx 11), and after it comes
    end_of_slice_flag. Only most probable symbols occur, so the state only rises.
    """
    coder = _Coder()
    # Table 9-13, cabac_init_idc 0: m = 23, n = 33. From QP 0 up the most probable symbol is 1.
    before = min(max((23 * min(max(qp, 0), 51) >> 4) + 33, 1), 126)
    if before < 64:
        raise ValueError(f"skipping is not the most probable symbol at QP {qp}")
    state = before - 64
    for number in range(macroblocks):
        coder.most_probable(state)
        state = min(state + 1, 62)
        coder.terminate(number == macroblocks - 1)
    return coder.bits()


class _Coder:
    """The arithmetic encoder, for most probable symbols and the end of the slice."""

    def __init__(self) -> None:
        self._low, self._range = 0, 510
        self._first, self._outstanding = True, 0
        self._bits: list[str] = []

    def most_probable(self, state: int) -> None:
        self._range -= _LEAST_PROBABLE[state][self._range >> 6 & 3]
        self._renormalise()

    def terminate(self, last: bool) -> None:
        self._range -= 2
        if not last:
            self._renormalise()
            return
        self._low += self._range
        self._range = 2
        self._renormalise()
        self._put(self._low >> 9 & 1)
        # Its last bit is the slice's stop bit (rbsp_stop_one_bit).
        self._bits.append(f"{self._low >> 7 & 3 | 1:02b}")

    def bits(self) -> str:
        return "".join(self._bits)

    def _renormalise(self) -> None:
        while self._range < 256:
            if self._low < 256:
                self._put(0)
            elif self._low >= 512:
                self._low -= 512
                self._put(1)
            else:
                self._low -= 256
                self._outstanding += 1
            self._range <<= 1
            self._low <<= 1

    def _put(self, bit: int) -> None:
        if self._first:
            self._first = False
        else:
            self._bits.append(str(bit))
        self._bits.append(str(1 - bit) * self._outstanding)
        self._outstanding = 0


# Table 9-44, rangeTabLPS, by pStateIdx and qCodIRangeIdx.
_LEAST_PROBABLE = (
    (128, 176, 208, 240), (128, 167, 197, 227), (128, 158, 187, 216), (123, 150, 178, 205), (116, 142, 169, 195),
    (111, 135, 160, 185), (105, 128, 152, 175), (100, 122, 144, 166), (95, 116, 137, 158), (90, 110, 130, 150),
    (85, 104, 123, 142), (81, 99, 117, 135), (77, 94, 111, 128), (73, 89, 105, 122), (69, 85, 100, 116),
    (66, 80, 95, 110), (62, 76, 90, 104), (59, 72, 86, 99), (56, 69, 81, 94), (53, 65, 77, 89),
    (51, 62, 73, 85), (48, 59, 69, 80), (46, 56, 66, 76), (43, 53, 63, 72), (41, 50, 59, 69),
    (39, 48, 56, 65), (37, 45, 54, 62), (35, 43, 51, 59), (33, 41, 48, 56), (32, 39, 46, 53),
    (30, 37, 43, 50), (29, 35, 41, 48), (27, 33, 39, 45), (26, 31, 37, 43), (24, 30, 35, 41),
    (23, 28, 33, 39), (22, 27, 32, 37), (21, 26, 30, 35), (20, 24, 29, 33), (19, 23, 27, 31),
    (18, 22, 26, 30), (17, 21, 25, 28), (16, 20, 23, 27), (15, 19, 22, 25), (14, 18, 21, 24),
    (14, 17, 20, 23), (13, 16, 19, 22), (12, 15, 18, 21), (12, 14, 17, 20), (11, 14, 16, 19),
    (11, 13, 15, 18), (10, 12, 15, 17), (10, 12, 14, 16), (9, 11, 13, 15), (9, 11, 12, 14),
    (8, 10, 12, 14), (8, 9, 11, 13), (7, 9, 11, 12), (7, 9, 10, 12), (7, 8, 10, 11),
    (6, 8, 9, 11), (6, 7, 9, 10), (6, 7, 8, 9), (2, 2, 2, 2),
)  # fmt: skip
