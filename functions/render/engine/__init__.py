"""Spec to video file, in four steps: timeline, layers, frames, encode. Knows ffmpeg and MoviePy, and nothing of AWS.

request --timeline--> what happens in which frame     (pure)
        --stage-----> each scene's layers, made once  (MoviePy draws text)
        --compose---> frames as YUV planes            (OpenCV; no RGB, no MoviePy per frame)
        --encode----> H.264 and AAC in an MP4         (ffmpeg, one pass, progress and stop)
"""

from render.engine.assets import Fetch, FetchError
from render.engine.control import Control, Stopped
from render.engine.render import Rendered, render

__all__ = ["Control", "Fetch", "FetchError", "Rendered", "Stopped", "render"]
