"""The engine as a program, from the request to the file; it loads nothing but what that takes.

python -m bench.ours <request.json> <folder of the assets> [<processes>]
"""

from __future__ import annotations

import gc
import json
import shutil
import sys
from pathlib import Path

from render.engine.control import Control
from render.engine.crew import Crew


def main(request: Path, folder: Path, workers: int | None) -> None:
    """Render the request into ``ours.mp4``."""
    # As in the crew: what is loaded stays, and to look for garbage meanwhile takes a tenth of the time.
    gc.disable()
    work = folder / "work"
    work.mkdir()

    def fetch(src: str, target: Path, check: object) -> None:
        target.symlink_to(folder / src.removeprefix("asset:"))

    try:
        with Crew(Control(), work) as crew:
            # Loaded beside the processes, which load theirs.
            from reelqueue.spec import parse_request
            from render.engine.render import render

            accepted = parse_request(json.loads(request.read_bytes()))
            gc.freeze()
            gc.enable()
            render(accepted, crew, fetch=fetch, workers=workers)
        shutil.move(work / "video.mp4", folder / "ours.mp4")
    finally:
        shutil.rmtree(work)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else None)
