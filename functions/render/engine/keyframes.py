"""Keyframes that follow each other directly, told apart: idr_pic_id, ITU-T H.264, clause 7.4.3.

Every encoder counts its keyframes from 0. Where a segment, or a moving stretch of one, is a single frame, two keyframes
with the number 0 are neighbours, and a decoder of a byte stream may take them for one picture. The second of them gets
another number; nothing else of it changes.
"""

from __future__ import annotations

from render.engine.bits import BitReader, BitWriter, escaped
from render.engine.repeats import Repeats

_IDR = 5
_LENGTH_BYTES = 4  # of a NAL unit in the files that libav writes


class Keyframes:
    """Sees the packets of a video, as they lie in an MP4 file, in their order."""

    def __init__(self, configuration: bytes) -> None:
        self._headers = Repeats.of(_annex_b(configuration))
        self._last: int | None = None
        """The number of the packet before, if that was a keyframe."""

    def apart(self, packet: bytes) -> bytes:
        """A keyframe, with another number than the packet before."""
        start, end = _slice(packet)
        unit = packet[start:end]
        number = self._number(unit)
        if number == self._last:
            number = 0 if number else 1
            unit = self._numbered(unit, number)
            packet = packet[: start - _LENGTH_BYTES] + len(unit).to_bytes(_LENGTH_BYTES, "big") + unit + packet[end:]
        self._last = number
        return packet

    def passed(self) -> None:
        """Another frame: the keyframe after it may have any number."""
        self._last = None

    def _number(self, unit: bytes) -> int:
        header = BitReader(unit[1:32])
        self._before_number(header)
        return header.unsigned()

    def _before_number(self, header: BitReader) -> None:
        """Read a slice header (clause 7.3.3) up to idr_pic_id."""
        for _ in ("first_mb_in_slice", "slice_type", "pic_parameter_set_id"):
            header.unsigned()
        header.fixed(self._headers.frame_number_bits)

    def _numbered(self, unit: bytes, number: int) -> bytes:
        """The slice with this number, and with what follows the number moved to its new place."""
        reader, writer = BitReader(unit[1:]), BitWriter()
        self._before_number(reader)
        writer.bits(reader.since(0))
        reader.unsigned()
        writer.unsigned(number)
        if self._headers.arithmetic:
            # The slice's data begins on a whole byte, so only the rest of the header moves.
            start = reader.at
            reader.fixed(self._headers.order_bits)
            reader.fixed(2)  # no_output_of_prior_pics_flag, long_term_reference_flag
            reader.signed()  # slice_qp_delta
            if reader.unsigned() != 1:  # disable_deblocking_filter_idc
                reader.signed()
                reader.signed()
            writer.bits(reader.since(start))
            writer.align(1)
            reader.align()
            writer.bits(reader.rest())
        else:
            writer.bits(reader.rest().rstrip("0"))
            writer.align(0)
        return unit[:1] + escaped(writer.payload())


def _slice(packet: bytes) -> tuple[int, int]:
    """Where the slice of a keyframe begins and ends: the encoder writes one."""
    at = 0
    while at < len(packet):
        start = at + _LENGTH_BYTES
        at = start + int.from_bytes(packet[at:start], "big")
        if packet[start] & 31 == _IDR:
            return start, at
    raise ValueError("a keyframe holds no IDR slice")


def _annex_b(configuration: bytes) -> bytes:
    """The parameter sets of an AVCDecoderConfigurationRecord (ISO/IEC 14496-15) as a byte stream."""
    stream, at = b"", 5
    for mask in (31, 255):
        count, at = configuration[at] & mask, at + 1
        for _ in range(count):
            length = int.from_bytes(configuration[at : at + 2], "big")
            stream += b"\x00\x00\x00\x01" + configuration[at + 2 : at + 2 + length]
            at += 2 + length
    return stream
