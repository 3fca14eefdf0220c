"""The files of the cases, made small from those of the examples or drawn here."""

from __future__ import annotations

import shutil
import struct
import subprocess
from pathlib import Path

from PIL import Image, ImageDraw

from render.engine.process import find_ffmpeg

EXAMPLES = Path(__file__).parents[2] / "examples" / "assets"


def make_media(folder: Path) -> None:
    """Write all files of the cases into a folder."""
    photo = Image.open(EXAMPLES / "cabin.jpg").convert("RGB").resize((640, 360), Image.Resampling.LANCZOS)
    photo.save(folder / "photo.jpg", quality=92)
    photo.crop((230, 0, 410, 360)).save(folder / "tall.jpg", quality=92)
    half = Image.new("RGBA", (120, 80), (0, 0, 0, 0))
    ImageDraw.Draw(half).ellipse((2, 2, 77, 77), fill=(240, 80, 46, 255))
    half.save(folder / "half.png")
    _turned(photo, folder / "upright.jpg")
    _profiled(photo, folder / "wide-gamut.jpg")
    turns = []
    for turn in range(8):
        picture = Image.new("RGB", (96, 96), "#0B2040")
        ImageDraw.Draw(picture).pieslice((8, 8, 88, 88), turn * 45, turn * 45 + 120, fill="#F2C14E")
        turns.append(picture)
    for kind in ("gif", "webp"):
        turns[0].save(folder / f"spin.{kind}", save_all=True, append_images=turns[1:], duration=100, loop=0)
    cues = "WEBVTT\n\n00:00.000 --> 00:01.000\nFrom a file\n\n00:01.000 --> 00:02.000\nWith two cues\n"
    (folder / "cues.vtt").write_text(cues)
    shutil.copy(EXAMPLES / "music.m4a", folder / "music.m4a")
    _clip(folder / "clip.mp4", "testsrc2=s=160x90:r=20:d=1", "-c:v", "libx264", "-pix_fmt", "yuv420p")
    hole = "format=rgba,geq=r='r(X,Y)':g='g(X,Y)':b='b(X,Y)':a='255*lt(hypot(X-80,Y-45),40)'"
    _clip(folder / "round.mov", "testsrc2=s=160x90:r=20:d=1", "-vf", hole, "-c:v", "qtrle")
    for name, codec in (("vp9", "libvpx-vp9"), ("vp8", "libvpx")):
        coding = ("-c:v", codec, "-pix_fmt", "yuva420p", "-auto-alt-ref", "0", "-b:v", "2M")
        _clip(folder / f"round-{name}.webm", "testsrc2=s=160x90:r=20:d=1", "-vf", hole, *coding)


def _turned(photo: Image.Image, target: Path) -> None:
    """A photograph that was taken upright, and says so."""
    exif = photo.getexif()
    exif[0x0112] = 6
    photo.transpose(Image.Transpose.ROTATE_90).save(target, exif=exif, quality=92)


def _profiled(photo: Image.Image, target: Path) -> None:
    """The photograph with red and blue exchanged, and a profile that says so: it looks like the other."""
    red, green, blue = photo.split()
    Image.merge("RGB", (blue, green, red)).save(target, icc_profile=_exchanged(), quality=92)


def _exchanged() -> bytes:
    """An ICC profile (version 2, matrix and curves) of sRGB with its first and third channel exchanged."""

    def number(value: float) -> bytes:
        return struct.pack(">i", round(value * 65536))

    def place(*xyz: float) -> bytes:
        return b"XYZ \0\0\0\0" + b"".join(number(value) for value in xyz)

    curve = b"curv\0\0\0\0" + struct.pack(">IH", 1, round(2.2 * 256)) + b"\0\0"
    text = b"text\0\0\0\0exchanged\0\0\0"
    name = b"desc\0\0\0\0" + struct.pack(">I", 10) + b"exchanged\0" + bytes(78)
    red, green, blue = (0.4360, 0.2225, 0.0139), (0.3851, 0.7169, 0.0971), (0.1431, 0.0606, 0.7142)
    tags = {
        b"desc": name, b"cprt": text, b"wtpt": place(0.9642, 1.0, 0.8249),
        b"rXYZ": place(*blue), b"gXYZ": place(*green), b"bXYZ": place(*red),
        b"rTRC": curve, b"gTRC": curve, b"bTRC": curve,
    }  # fmt: skip
    table, data, at = struct.pack(">I", len(tags)), b"", 128 + 4 + 12 * len(tags)
    for tag, content in tags.items():
        padded = content + bytes(-len(content) % 4)
        table += tag + struct.pack(">II", at + len(data), len(content))
        data += padded
    size = 128 + len(table) + len(data)
    head = struct.pack(">I4sI4s4s4s", size, bytes(4), 0x02100000, b"mntr", b"RGB ", b"XYZ ")
    head += struct.pack(">6H4s", 2026, 1, 1, 0, 0, 0, b"acsp") + bytes(28) + number(0.9642) + number(1) + number(0.8249)
    return head.ljust(128, b"\0") + table + data


def _clip(target: Path, source: str, *arguments: str) -> None:
    command = [find_ffmpeg(None), "-v", "error", "-y", "-f", "lavfi", "-i", source, *arguments, str(target)]
    subprocess.run(command, check=True)
