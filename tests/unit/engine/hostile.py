"""Files made to harm whoever opens them, written byte by byte: always the same ones, and small.

Each claims to be an image, a video or a sound. What they try is to make a decoder read another file of the machine (the
canary), take memory or time without end, or stumble.
"""

from __future__ import annotations

import gzip
import io
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from PIL import Image


@dataclass(frozen=True)
class Canary:
    """Files of the machine that must never show: a text with a secret word, a clip and a picture."""

    text: Path
    clip: Path
    picture: Path


@dataclass(frozen=True)
class Hostile:
    """A file, and the element that it stands in."""

    name: str
    element: str
    content: bytes


def corpus(canary: Canary, video: bytes) -> Iterator[Hostile]:
    """All hostile files. ``video`` is a harmless MP4 from which some are made."""
    yield from _playlists(canary)
    yield from _documents(canary)
    yield from _bombs()
    yield from _containers(canary, video)
    yield from _fragments(video)


def _playlists(canary: Canary) -> Iterator[Hostile]:
    """What libav has demuxers for that open other files."""
    head = "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:0\n"
    texts = {
        "hls": f"{head}#EXTINF:2,\n{canary.clip}\n#EXT-X-ENDLIST\n",
        "hls-file": f"{head}#EXTINF:2,\nfile://{canary.clip}\n#EXT-X-ENDLIST\n",
        "hls-concat": f"{head}#EXTINF:2,\nconcat:{canary.text}|{canary.clip}\n#EXT-X-ENDLIST\n",
        "hls-http": f"{head}#EXTINF:2,\nhttp://169.254.169.254/latest/meta-data/\n#EXT-X-ENDLIST\n",
        "hls-key": f'{head}#EXT-X-KEY:METHOD=AES-128,URI="{canary.text}"\n#EXTINF:2,\n{canary.clip}\n#EXT-X-ENDLIST\n',
        "hls-master": f"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n{canary.clip}\n",
        "hls-environment": f"{head}#EXTINF:2,\nfile:///proc/self/environ\n#EXT-X-ENDLIST\n",
        "dash": (
            '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" '
            'mediaPresentationDuration="PT2S"><Period><AdaptationSet mimeType="video/mp4"><Representation id="1" '
            f'bandwidth="1"><BaseURL>file://{canary.clip}</BaseURL></Representation></AdaptationSet></Period></MPD>'
        ),
        "sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\n"
        "a=rtpmap:96 H264/90000\n",
        "ffconcat": f"ffconcat version 1.0\nfile '{canary.clip}'\n",
        "ffconcat-pipe": f"ffconcat version 1.0\nfile 'subfile,,start,0,end,100,,:{canary.text}'\n",
        "ffmetadata": f";FFMETADATA1\ntitle={canary.text}\n[CHAPTER]\nSTART=0\nEND=9\n",
        "smooth-streaming": f'<SmoothStreamingMedia MajorVersion="2"><StreamIndex Url="file://{canary.clip}"/>'
        "</SmoothStreamingMedia>",
        "asx": f'<asx version="3.0"><entry><ref href="file://{canary.clip}"/></entry></asx>',
        "reference-text": f"RTSPtext\r\nrtsp://127.0.0.1/{canary.clip}\r\n",
        "avisynth": f'DirectShowSource("{canary.clip}")\n',
        "lavfi": f"movie={canary.clip}\n",
        "srt": f'1\n00:00:00,000 --> 00:00:02,000\n<img src="file://{canary.picture}">\n',
        "vtt": f"WEBVTT\n\nSTYLE\n::cue {{ background: url(file://{canary.picture}) }}\n\n00:00.000 --> 00:02.000\nx\n",
        "ass": "[Script Info]\nScriptType: v4.00+\n[Events]\nFormat: Start, End, Text\n"
        f"Dialogue: 0:00:00.00,0:00:02.00,{{\\img({canary.picture})}}x\n",
    }
    for name, text in texts.items():
        yield Hostile(name, "video", text.encode())
    yield Hostile("hls-as-a-sound", "audio", texts["hls"].encode())
    yield Hostile("hls-as-an-image", "image", texts["hls"].encode())


def _documents(canary: Canary) -> Iterator[Hostile]:
    """What image libraries have readers for that run programs or open other files."""
    xml = f'<?xml version="1.0"?><!DOCTYPE s [<!ENTITY x SYSTEM "file://{canary.text}">]>'
    texts = {
        "svg": f'{xml}<svg xmlns="http://www.w3.org/2000/svg" xmlns:x="http://www.w3.org/1999/xlink" width="99" '
        f'height="99"><image x:href="file://{canary.picture}" width="99" height="99"/><text y="20">&x;</text></svg>',
        "eps": f"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 99 99\n({canary.text}) (r) file 99 string readstring\n",
        "pdf": f"%PDF-1.7\n1 0 obj<</F({canary.text})/Type/EmbeddedFile>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n",
        "mvg": f"push graphic-context\nimage over 0,0 0,0 'label:@{canary.text}'\npop graphic-context\n",
        "xpm": f'/* XPM */\nstatic char *x[] = {{"1 1 1 1", "a c #{"0" * 9999}", "a"}};\n/* {canary.text} */\n',
        "html": f'<html><img src="file://{canary.picture}"></html>',
    }
    for name, text in texts.items():
        yield Hostile(name, "image", text.encode())


def _bombs() -> Iterator[Hostile]:
    """What is small and unpacks to more than there is room or time for."""
    yield Hostile("png-50000x50000", "image", _png(50_000, 50_000, b"\0"))
    yield Hostile("png-11000x11000", "image", _png(11_000, 11_000, b"\0"))
    yield Hostile("png-text", "image", _png(8, 8, bytes(72), ("zTXt", b"a\0\0" + zlib.compress(bytes(80 << 20), 9))))
    yield Hostile("png-profile", "image", _png(8, 8, bytes(72), ("iCCP", b"a\0\0" + zlib.compress(bytes(80 << 20), 9))))
    yield Hostile("gif-65535x65535", "image", _gif(65_535, 65_535))
    yield Hostile("gif-65535x65535-as-a-video", "video", _gif(65_535, 65_535))
    lossless = b"\x2f" + struct.pack("<I", 16_383 | 16_383 << 14) + bytes(64)
    yield Hostile("webp-16384x16384", "image", _riff(b"WEBP", _chunk(b"VP8L", lossless)))
    yield Hostile("bmp-2-gigapixels", "image", _bmp(46_341, 46_341))
    yield Hostile("tiff-4-gigapixels", "image", _tiff({256: 65_535, 257: 65_535, 258: 8, 259: 5, 262: 1, 273: 8}))
    yield Hostile("tiff-endless-chain", "image", _tiff({256: 8, 257: 8}, after=8))
    yield Hostile("jpeg-of-a-thousand-scans", "image", _jpeg_of_scans(1000))
    yield Hostile("gzip", "video", gzip.compress(bytes(1 << 20), mtime=0))


def _containers(canary: Canary, video: bytes) -> Iterator[Hostile]:
    """Containers of media that lie about what they hold, or that hold something else."""
    moov = _box(b"cmov", _box(b"dcom", b"zlib"), _box(b"cmvd", struct.pack(">I", 0x7FFF_FFFF), zlib.compress(b"moov")))
    yield Hostile("mov-packed-header-of-2-gb", "video", _box(b"ftyp", b"qt  ", bytes(8)) + _box(b"moov", moov))
    reference = _box(b"rmra", _box(b"rmda", _box(b"rdrf", bytes(4), b"url ", struct.pack(">I", 99), b"file://x\0")))
    yield Hostile("mov-reference-movie", "video", _box(b"ftyp", b"qt  ", bytes(8)) + _box(b"moov", reference))
    path = str(canary.clip).encode()
    alias = _box(b"dref", bytes(4), struct.pack(">I", 1), _box(b"url ", bytes(4), b"file://" + path + b"\0"))
    yield Hostile("mp4-media-elsewhere", "video", _without_media(video, alias))
    frame = b"\x10\0\0\x9d\1\x2a" + struct.pack("<HH", 16_383, 16_383) + bytes(64)
    yield Hostile("avi-16383x16383", "video", _avi(b"vids", _video_format(16_383, 16_383, b"VP80"), b"00dc", frame))
    deep = b""
    for _ in range(2000):
        deep = _box(b"moov", deep)
    yield Hostile("mp4-2000-boxes-deep", "video", _box(b"ftyp", b"isom", bytes(4)) + deep)
    playlist = f"#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n{canary.clip}\n#EXT-X-ENDLIST\n".encode()
    yield Hostile("avi-subtitles-of-a-playlist", "video", _avi(b"txts", b"", b"00tx", _subtitles_packet(playlist)))
    yield Hostile("mkv-with-attachment", "video", _matroska(str(canary.text).encode()))
    yield Hostile("mkv-endless-header", "video", b"\x1a\x45\xdf\xa3\x01" + b"\xff" * 7 + bytes(4096))
    yield Hostile("wav-without-channels", "audio", _wav(channels=0, rate=48_000, size=64))
    yield Hostile("wav-of-4-gb", "audio", _wav(channels=65_535, rate=1, size=0xFFFF_FFF0))
    yield Hostile("ogg-of-nothing", "audio", b"OggS\0\2" + bytes(20) + b"\1\xff" + bytes(255))
    flac = b"fLaC\x00\x00\x00\x22" + struct.pack(">HH", 0, 0) + bytes(30) + b"\x84\xff\xff\xff"
    yield Hostile("flac-with-picture-of-16-mb", "audio", flac)
    tag = b"ID3\x04\0\0\x7f\x7f\x7f\x7f" + b"APIC\x7f\x7f\x7f\x7f\0\0\0image/svg+xml\0\3\0<svg/>"
    yield Hostile("mp3-tag-of-256-mb", "audio", tag)
    yield Hostile("ts-of-nothing", "video", (b"\x47\x1f\xff\x10" + b"\xff" * 184) * 50)


def _fragments(video: bytes) -> Iterator[Hostile]:
    """What is left of a file, or was never one."""
    for element in ("image", "video", "audio"):
        yield Hostile(f"empty-{element}", element, b"")
        yield Hostile(f"zeros-{element}", element, bytes(4096))
    yield Hostile("video-as-an-image", "image", video)
    yield Hostile("image-as-a-video", "video", _png(8, 8, bytes(72)))
    yield Hostile("mp4-cut-off", "video", video[: len(video) // 3])
    yield Hostile("elf", "audio", b"\x7fELF\2\1\1" + bytes(200))


def _png(width: int, height: int, rows: bytes, *extra: tuple[str, bytes]) -> bytes:
    """8 bits of grey; ``extra`` chunks stand before the pixels."""
    chunks = [
        ("IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)),
        *extra,
        ("IDAT", zlib.compress(rows, 9)),
        ("IEND", b""),
    ]
    packed = (
        struct.pack(">I", len(data)) + name.encode() + data + struct.pack(">I", zlib.crc32(name.encode() + data))
        for name, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(packed)


def _gif(width: int, height: int) -> bytes:
    screen = struct.pack("<HHBBB", width, height, 0x80, 0, 0) + bytes(6)
    picture = b"," + struct.pack("<HHHHB", 0, 0, width, height, 0) + b"\x02\x02\x4c\x01\x00"
    return b"GIF89a" + screen + picture * 20 + b";"


def _bmp(width: int, height: int) -> bytes:
    return b"BM" + struct.pack("<IHHI", 54, 0, 0, 54) + struct.pack("<IiiHHIIiiII", 40, width, height, 1, 24, *[0] * 6)


def _tiff(tags: dict[int, int], after: int = 0) -> bytes:
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags.items())
    return b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries + struct.pack("<I", after)


def _jpeg_of_scans(count: int) -> bytes:
    """A progressive picture whose last scan comes again and again."""
    buffer = io.BytesIO()
    Image.new("L", (64, 64), 128).save(buffer, "JPEG", progressive=True)
    content = buffer.getvalue()
    last = content.rindex(b"\xff\xda")
    return content[:last] + content[last:-2] * count + b"\xff\xd9"


def _riff(kind: bytes, content: bytes) -> bytes:
    return b"RIFF" + struct.pack("<I", len(content) + 4) + kind + content


def _chunk(name: bytes, content: bytes) -> bytes:
    return name + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)


def _box(name: bytes, *content: bytes) -> bytes:
    inside = b"".join(content)
    return struct.pack(">I", len(inside) + 8) + name + inside


def _without_media(video: bytes, alias: bytes) -> bytes:
    """An MP4 whose samples are said to lie in another file."""
    at = video.index(b"dref") - 4
    length = struct.unpack(">I", video[at : at + 4])[0]
    # The boxes around keep their lengths: the new one takes the place of the old as far as there is room for it.
    changed = video[:at] + alias[:length].ljust(length, b"\0") + video[at + length :]
    media = changed.index(b"mdat")
    size = struct.unpack(">I", changed[media - 4 : media])[0]
    return changed[: media + 4] + bytes(size - 8) + changed[media - 4 + size :]


def _wav(*, channels: int, rate: int, size: int) -> bytes:
    form = struct.pack("<HHIIHH", 1, channels, rate, rate * 2, 2, 16)
    return b"RIFF\xff\xff\xff\xffWAVE" + _chunk(b"fmt ", form) + b"data" + struct.pack("<I", size)


def _avi(kind: bytes, form: bytes, name: bytes, packet: bytes) -> bytes:
    """An AVI file of one stream and one packet."""
    header = struct.pack("<IIIIIIIIII", 40_000, 0, 0, 0x10, 50, 0, 1, 0, 64, 64) + bytes(16)
    handler = form[16:20].ljust(4, b"\0")
    stream = kind + handler + struct.pack("<IHHIIIIIIII", 0, 0, 0, 0, 1, 25, 0, 50, 0, 0, 0) + bytes(8)
    streams = _chunk(b"LIST", b"strl" + _chunk(b"strh", stream) + _chunk(b"strf", form))
    headers = _chunk(b"LIST", b"hdrl" + _chunk(b"avih", header) + streams)
    return _riff(b"AVI ", headers + _chunk(b"LIST", b"movi" + _chunk(name, packet)))


def _video_format(width: int, height: int, codec: bytes) -> bytes:
    return struct.pack("<IiiHH4sIiiII", 40, width, height, 1, 24, codec, 0, 0, 0, 0, 0)


def _subtitles_packet(subtitles: bytes) -> bytes:
    """GAB2, which libav once opened as whatever it looked like."""
    return b"GAB2\0" + struct.pack("<HI", 2, 2) + b"x\0" + struct.pack("<HI", 4, len(subtitles)) + subtitles


def _matroska(name: bytes) -> bytes:
    """Matroska with nothing but an attachment, which bears the path of another file."""

    def element(number: bytes, content: bytes) -> bytes:
        return number + struct.pack(">Q", len(content) | 1 << 56) + content

    head = element(b"\x1a\x45\xdf\xa3", element(b"\x42\x82", b"matroska"))
    attached = element(b"\x46\x6e", name) + element(b"\x46\x60", b"font/ttf") + element(b"\x46\x5c", b"x")
    attachments = element(b"\x19\x41\xa4\x69", element(b"\x61\xa7", attached + element(b"\x46\xae", b"\1")))
    return head + element(b"\x18\x53\x80\x67", attachments)
