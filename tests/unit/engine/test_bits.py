"""Bits: what is written is read again, and no payload looks like a start code."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from render.engine.bits import BitReader, BitWriter, nal_unit, nal_units


@given(st.lists(st.tuples(st.integers(0, 70_000), st.integers(17, 20))))
def test_what_is_written_is_read_again(numbers: list[tuple[int, int]]) -> None:
    writer = BitWriter()
    for number, length in numbers:
        writer.unsigned(number)
        writer.fixed(number, length)
    writer.end()
    reader = BitReader(nal_unit(0x41, writer.payload())[5:])
    assert [(reader.unsigned(), reader.fixed(length)) for _, length in numbers] == [
        (number, number) for number, _ in numbers
    ]


def test_codes_are_those_of_table_9_2() -> None:
    writer = BitWriter()
    for number in range(5):
        writer.unsigned(number)
    writer.end()
    assert f"{int.from_bytes(writer.payload(), 'big'):b}".startswith("1" + "010" + "011" + "00100" + "00101" + "1")


def test_signed_codes_alternate() -> None:
    writer = BitWriter()
    for number in range(5):
        writer.unsigned(number)
    writer.end()
    reader = BitReader(writer.payload())
    assert [reader.signed() for _ in range(5)] == [0, 1, -1, 2, -2]


@given(st.lists(st.sampled_from([0, 0, 1, 3, 255])).map(bytes))
def test_no_payload_looks_like_a_start_code(payload: bytes) -> None:
    unit = nal_unit(0x41, payload + b"\x80")
    assert nal_units(unit + unit) == [unit[4:], unit[4:]]
    assert unit[5:].replace(b"\x00\x00\x03", b"\x00\x00") == payload + b"\x80"
