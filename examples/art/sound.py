"""The sounds of the examples, synthesised: a loop of music, a chime with a whoosh, and a winter evening.

Everything is 48 kHz stereo, floats of -1..1, shape (samples, 2). The music is made on a circle: notes and their
echoes that run over the end come back at the beginning; and it takes a short breath there, because a lossy encoder,
which does not know what comes before a file and after it, would make a click of loud sound that runs on.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Sound = NDArray[np.float64]

RATE = 48_000
BEATS_PER_MINUTE = 80
BARS = 8
BEAT = 60 / BEATS_PER_MINUTE
LOOP = round(BARS * 4 * BEAT * RATE)  # 24 s

# D major: the bass note and the chord of each bar, as MIDI numbers.
CHORDS = (
    (38, (54, 57, 61, 64)),  # Dmaj9
    (47, (54, 57, 62, 66)),  # Bm7
    (43, (55, 59, 62, 66)),  # Gmaj7
    (45, (52, 57, 59, 64)),  # Asus2
    (38, (54, 57, 61, 66)),  # Dmaj7
    (42, (54, 57, 61, 64)),  # F#m7
    (43, (55, 59, 62, 69)),  # Gmaj9
    (45, (57, 61, 64, 67)),  # A7
)
# The bells: (beat, MIDI number, strength), over the eight bars.
MELODY = (
    (0, 78, 1.0), (1, 81, 0.7), (2, 85, 0.8), (3, 81, 0.6),
    (4, 83, 0.9), (5.5, 81, 0.5), (6, 78, 0.8), (7, 74, 0.5),
    (8, 79, 1.0), (9, 83, 0.7), (10, 86, 0.8), (11, 83, 0.6),
    (12, 81, 0.9), (13.5, 78, 0.5), (14, 76, 0.8), (15.5, 73, 0.4),
    (16, 78, 1.0), (17, 81, 0.7), (18, 86, 0.9), (19, 85, 0.6),
    (20, 81, 0.9), (21.5, 83, 0.5), (22, 85, 0.8), (23, 81, 0.6),
    (24, 83, 1.0), (25, 86, 0.7), (26, 90, 0.8), (27, 86, 0.5),
    (28, 88, 0.9), (29.5, 85, 0.6), (30, 83, 0.6), (31, 81, 0.5),
)  # fmt: skip


def music() -> Sound:
    """24 s of soft chords, bells and a light pulse; the end joins the beginning."""
    dry, wet = np.zeros((LOOP, 2)), np.zeros((LOOP, 2))
    rng = np.random.default_rng(12)
    for bar, (bass, chord) in enumerate(CHORDS):
        start = bar * 4 * BEAT
        for voice, note in enumerate(chord):
            pad = _pad(_frequency(note), 4 * BEAT + 1.6, rng)
            _add(wet, pad, start - 0.5, 0.034, 0.5 + 0.22 * (voice - 1.5))
            for beat in (0, 0.5, 1.5, 2, 2.5, 3.5)[voice % 2 :: 2]:
                _add(wet, _pluck(_frequency(note + 12), rng), start + beat * BEAT, 0.050, 0.3 + 0.13 * voice)
        for beat, strength in ((0, 1.0), (2.5, 0.55)):
            _add(dry, _bass(_frequency(bass)), start + beat * BEAT, 0.13 * strength, 0.5)
        for eighth in range(8):
            _add(wet, _sleigh(rng), start + eighth * BEAT / 2, 0.016 if eighth % 2 else 0.008, 0.62)
    for beat, note, strength in MELODY:
        jitter = rng.uniform(-0.006, 0.006)
        _add(wet, _bell(_frequency(note)), beat * BEAT + jitter, 0.15 * strength, 0.5 + 0.18 * np.sin(note))
    mixed = dry + wet + 0.42 * _reverb(wet, 2.6, circular=True)
    time = np.arange(LOOP) / RATE
    breath = np.minimum(np.clip(time / 0.015, 0, 1), np.clip((LOOP / RATE - time) / 0.3, 0, 1))
    return _level(mixed * (0.12 + 0.88 * np.sin(breath * np.pi / 2)[:, None] ** 2), -17.0)


def chime() -> Sound:
    """A whoosh of 0.5 s that ends in three rising bells."""
    out = np.zeros((round(2.4 * RATE), 2))
    time = np.arange(round(0.75 * RATE)) / RATE
    swell = np.sin(np.pi * np.clip(time / 0.75, 0, 1)) ** 2 * (time / 0.75)
    rng = np.random.default_rng(3)
    for side in (0, 1):
        air = _band(rng.normal(0, 1, time.size), 350, 4200) * swell
        out[: time.size, side] += 0.35 * air
    for number, note in enumerate((78, 85, 90)):
        _add(out, _bell(_frequency(note)), 0.46 + 0.085 * number, 0.28, 0.35 + 0.15 * number, circular=False)
    out += 0.35 * _reverb(out, 1.4, circular=False)
    out[-round(0.4 * RATE) :] *= np.linspace(1, 0, round(0.4 * RATE))[:, None] ** 2
    return np.asarray(out / np.abs(out).max() * 0.7)


def evening(seconds: float) -> Sound:
    """Wind in two gusts, far church bells and a few steps in the snow: the sound of the clip."""
    count = round(seconds * RATE)
    time = np.arange(count) / RATE
    rng = np.random.default_rng(21)
    out = np.zeros((count, 2))
    for side in (0, 1):
        gust = 0.55 + 0.30 * np.sin(2 * np.pi * time / 5.1 + 0.5 * side) + 0.15 * np.sin(2 * np.pi * time / 2.3 + side)
        raw = rng.normal(0, 1, count)
        out[:, side] += 0.22 * gust * _band(raw, 90, 420) + 0.05 * gust**2 * _band(raw, 500, 1500)
    for beat, note in ((0.6, 69), (2.1, 66), (3.6, 69), (5.1, 62)):
        _add(out, _bell(_frequency(note), bright=0.5, decay=2.6), beat, 0.22, 0.62, circular=False)
    for step in np.arange(0.9, seconds - 0.6, 0.62):
        crunch = _band(rng.normal(0, 1, round(0.16 * RATE)), 900, 5200) * np.hanning(round(0.16 * RATE)) ** 1.5
        crunch *= 0.35 + 0.65 * (rng.random(crunch.size) > 0.55)
        _add(out, crunch, float(step), 0.07, 0.42 + 0.12 * float(rng.random()), circular=False)
    out += 0.5 * _reverb(out, 2.2, circular=False)
    fade = np.clip(np.minimum(time / 0.4, (seconds - time) / 0.5), 0, 1)
    return _level(out * fade[:, None], -24.0)


def _frequency(note: int) -> float:
    return float(440 * 2 ** ((note - 69) / 12))


def _pad(frequency: float, seconds: float, rng: np.random.Generator) -> Sound:
    """Detuned soft partials, a different beat on each side."""
    time = np.arange(round(seconds * RATE)) / RATE
    out = np.zeros((time.size, 2))
    for side in (0, 1):
        for partial, strength in ((1, 1.0), (2, 0.38), (3, 0.16), (4, 0.07), (5, 0.03)):
            for cents in (-5, 4):
                tuned = frequency * partial * 2 ** ((cents + rng.uniform(-1.5, 1.5)) / 1200)
                out[:, side] += strength * np.sin(2 * np.pi * tuned * time + rng.uniform(0, 6.28))
    envelope = np.clip(np.minimum(time / 1.1, (seconds - time) / 1.5), 0, 1)
    return np.asarray(out * (np.sin(envelope * np.pi / 2) ** 2)[:, None] * 0.5)


def _bell(frequency: float, bright: float = 1.0, decay: float = 1.5) -> Sound:
    """A struck bar: few inharmonic partials, the high ones short."""
    time = np.arange(round(3.2 * RATE)) / RATE
    out = np.zeros(time.size)
    for ratio, strength, length in ((1, 1.0, 1.0), (2.0, 0.35, 0.7), (2.76, 0.28, 0.45), (5.4, 0.12, 0.18)):
        shine = bright if ratio > 2.5 else 1.0
        out += shine * strength * np.sin(2 * np.pi * frequency * ratio * time) * np.exp(-3.2 * time / (decay * length))
    return out * np.clip(time / 0.003, 0, 1) * np.clip((3.2 - time) / 0.3, 0, 1)


def _pluck(frequency: float, rng: np.random.Generator) -> Sound:
    """A soft string."""
    time = np.arange(round(1.2 * RATE)) / RATE
    phase = rng.uniform(0, 0.4)
    tone = np.sin(2 * np.pi * frequency * time + phase) + 0.3 * np.sin(4 * np.pi * frequency * time) * np.exp(-6 * time)
    return tone * np.exp(-4.5 * time) * np.clip(time / 0.006, 0, 1) * np.clip((1.2 - time) / 0.2, 0, 1)


def _bass(frequency: float) -> Sound:
    time = np.arange(round(1.7 * RATE)) / RATE
    tone = np.sin(2 * np.pi * frequency * time) + 0.22 * np.sin(4 * np.pi * frequency * time)
    return tone * np.exp(-1.5 * time) * np.clip(time / 0.02, 0, 1) * np.clip((1.7 - time) / 0.4, 0, 1)


def _sleigh(rng: np.random.Generator) -> Sound:
    time = np.arange(round(0.22 * RATE)) / RATE
    return _band(rng.normal(0, 1, time.size), 5200, 11000) * np.exp(-22 * time) * np.clip(time / 0.004, 0, 1)


def _band(noise: Sound, low: float, high: float) -> Sound:
    """Noise between two frequencies, with soft edges, at unit power."""
    spectrum = np.fft.rfft(noise)
    frequency = np.fft.rfftfreq(noise.size, 1 / RATE)
    octaves = np.log2(np.maximum(frequency, 1) / np.sqrt(low * high)) / np.log2(np.sqrt(high / low))
    shaped = np.fft.irfft(spectrum * np.exp(-(octaves**4)), noise.size)
    return np.asarray(shaped / shaped.std())


def _add(track: Sound, sound: Sound, seconds: float, gain: float, pan: float, circular: bool = True) -> None:
    """Mix a sound into the track; ``pan`` is 0 (left) to 1 (right)."""
    stereo = sound if sound.ndim == 2 else np.repeat(sound[:, None], 2, axis=1)
    stereo = stereo * gain * np.sqrt([2 * (1 - pan), 2 * pan])
    places = round(seconds * RATE) + np.arange(len(stereo))
    if circular:
        np.add.at(track, places % len(track), stereo)
    else:
        inside = places < len(track)
        track[places[inside]] += stereo[inside]


def _reverb(track: Sound, seconds: float, *, circular: bool) -> Sound:
    """A hall: decaying noise that loses its highs, different on each side."""
    rng = np.random.default_rng(99)
    time = np.arange(round(seconds * RATE)) / RATE
    length = len(track) if circular else len(track) + time.size
    out = np.zeros_like(track)
    for side in (0, 1):
        bright = _band(rng.normal(0, 1, time.size), 1200, 5000) * np.exp(-11 * time / seconds)
        warm = _band(rng.normal(0, 1, time.size), 180, 1500) * np.exp(-6 * time / seconds)
        room = (0.5 * bright + warm) * np.clip(time / 0.025, 0, 1)
        room /= np.sqrt((room**2).sum())
        wet = np.fft.irfft(np.fft.rfft(track[:, side], length) * np.fft.rfft(room, length), length)
        out[:, side] = wet[: len(track)]
    return out


def _level(track: Sound, decibels: float) -> Sound:
    """Bring the track to an RMS level and round off what is left of its peaks."""
    track = track - track.mean(axis=0)
    track = track * 10 ** (decibels / 20) / np.sqrt((track**2).mean())
    return np.asarray(np.tanh(track / 0.9) * 0.9)
