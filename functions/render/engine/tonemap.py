"""HDR clips brought to the range of the video before the first frame: PQ or HLG to BT.709, by ffmpeg's zscale.

The libraries that decode clips have no filter for it, so such a file is converted once, no larger than the video shows
it, at a quality from which nothing more is lost.
"""

from __future__ import annotations

from pathlib import Path

from render.engine.probe import MediaFacts, Unusable
from render.engine.process import CLIENT_INPUT, Allowance, Ffmpeg

MAPPING = Allowance(840, 1_800, 3 << 30)
"""As long as a function runs; of a 4K picture in floating point, some are in memory at once."""

# Light in proportion up to white, which lies at 203 cd/m2 (ITU-R BT.2408); up to ten times as much is bent.
_FILTERS = (
    "zscale=t=linear:npl=203,format=gbrpf32le,zscale=p=bt709,tonemap=mobius:desat=0:peak=10,"
    "zscale=t=bt709:m=bt709:r=tv,format=yuv420p"
)


def tone_mapped(path: Path, facts: MediaFacts, most: tuple[int, int], ffmpeg: Ffmpeg) -> None:
    """Put a clip of standard range in the place of this one, large enough to cover a picture of this size.

    Raises:
        Unusable: it cannot be decoded, or takes too long.
    """
    scale = min(1.0, max(max(most) / min(facts.width, facts.height), 1e-3))
    smaller = f"scale=w='trunc(iw*{scale:.6f}/2)*2':h=-2:flags=bicubic," if scale < 1 else ""
    target = path.with_suffix(".sdr")
    arguments = [
        *("-y", *CLIENT_INPUT, "-i", str(path), "-map", "0:v:0", "-map", "0:a:0?"),
        *("-vf", smaller + _FILTERS, "-c:v", "libx264", "-preset", "ultrafast", "-crf", "12", "-threads", "0"),
        *("-fps_mode", "passthrough", "-c:a", "copy", "-f", "matroska", str(target)),
    ]
    with ffmpeg.running(arguments, MAPPING) as run:
        run.process.wait()
    ffmpeg.control.check()
    if run.exceeded:
        raise Unusable("takes too much time or memory to bring from HDR to standard range; send it in standard range")
    if run.process.returncode != 0:
        raise Unusable("cannot be decoded; it may be damaged")
    target.replace(path)
