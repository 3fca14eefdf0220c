"""Spec to video file. Knows ffmpeg and MoviePy, and nothing of AWS.

request --timeline--> what happens in which frame      (pure)
        --segments--> the plan: pieces of work         (pure)
        --kept------> what was rendered before         (by fingerprint, wherever the caller keeps it)
        --crew------> processes, one for each vCPU     (foreman, workers, schedule)
        --stage-----> each scene's layers, made once   (HarfBuzz sets text, MoviePy composes it)
        --compose---> frames as YUV planes             (OpenCV; no RGB, no MoviePy per frame)
        --encode----> a segment: H.264                 (libx264 in the same process)
        --join------> the MP4: segments and sound      (copied, not encoded again)
"""

import os

# Before numpy is loaded: its pool of threads would wait for work by turning in circles, and the processes of a render
# are what runs in parallel.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
