"""The emulator's process: ministack, configured by the environment that ``local.stack`` gives it."""

from __future__ import annotations

import os
from pathlib import Path

from local.journal import keep
from local.processes import die_with_parent

JOURNAL = "REELQUEUE_JOURNAL"
"""The environment variable with the folder of the journals; without it nothing outlives the process."""


def main() -> None:
    die_with_parent()
    from ministack.app import main as serve  # reads its configuration at import

    if folder := os.environ.get(JOURNAL):
        keep(Path(folder))
    serve()


if __name__ == "__main__":
    main()
