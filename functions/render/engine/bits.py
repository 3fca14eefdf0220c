"""Bits as H.264 writes them (ITU-T H.264, clause 7.2 and 9.1): fixed length, and Exp-Golomb codes."""

from __future__ import annotations

_START = b"\x00\x00\x00\x01"


class BitReader:
    """Reads an RBSP: the payload of a NAL unit without its emulation prevention bytes."""

    def __init__(self, payload: bytes) -> None:
        self._bits = "".join(f"{byte:08b}" for byte in payload.replace(b"\x00\x00\x03", b"\x00\x00"))
        self.at = 0
        """How many bits have been read."""

    def fixed(self, length: int) -> int:
        """u(n)"""
        self.at += length
        return int(self._bits[self.at - length : self.at] or "0", 2)

    def unsigned(self) -> int:
        """ue(v)"""
        zeros = 0
        while not self.fixed(1):
            zeros += 1
        return (1 << zeros) - 1 + self.fixed(zeros)

    def signed(self) -> int:
        """se(v)"""
        code = self.unsigned()
        return (code + 1) // 2 if code % 2 else -(code // 2)

    def align(self) -> None:
        """Go on with the next whole byte."""
        self.at += -self.at % 8

    def since(self, start: int) -> str:
        """The bits read from there to here."""
        return self._bits[start : self.at]

    def rest(self) -> str:
        """The bits not read yet."""
        return self._bits[self.at :]


class BitWriter:
    """Writes an RBSP."""

    def __init__(self) -> None:
        self._bits: list[str] = []
        self._length = 0

    def fixed(self, value: int, length: int) -> None:
        """u(n)"""
        if length:
            self._bits.append(f"{value:0{length}b}")
            self._length += length

    def unsigned(self, value: int) -> None:
        """ue(v)"""
        code = f"{value + 1:b}"
        self.fixed(0, len(code) - 1)
        self.fixed(value + 1, len(code))

    def align(self, bit: int) -> None:
        """Fill the byte up with this bit."""
        while self._length % 8:
            self.fixed(bit, 1)

    def end(self) -> None:
        """The stop bit and what fills its byte (rbsp_trailing_bits)."""
        self.fixed(1, 1)
        self.align(0)

    def bits(self, bits: str) -> None:
        self._bits.append(bits)
        self._length += len(bits)

    def payload(self) -> bytes:
        """What was written, which must end on a whole byte."""
        text = "".join(self._bits)
        return int(text, 2).to_bytes(len(text) // 8, "big")


def nal_units(stream: bytes) -> list[bytes]:
    """The NAL units of a byte stream (annex B), without their start codes."""
    parts = stream.replace(_START, b"\x00\x00\x01").split(b"\x00\x00\x01")
    return [part for part in parts if part]


def nal_unit(header: int, payload: bytes) -> bytes:
    """A NAL unit of the byte stream, with a start code."""
    return _START + bytes([header]) + escaped(payload)


def escaped(payload: bytes) -> bytes:
    """A payload with emulation prevention bytes where it would look like a start code."""
    written = bytearray()
    zeros = 0
    for byte in payload:
        if zeros >= 2 and byte <= 3:
            written.append(3)
            zeros = 0
        written.append(byte)
        zeros = zeros + 1 if byte == 0 else 0
    return bytes(written)
