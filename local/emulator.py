"""The emulator's process: ministack, configured by the environment that ``local.stack`` gives it."""

from __future__ import annotations

from local.processes import die_with_parent


def main() -> None:
    die_with_parent()
    from ministack.app import main as serve  # reads its configuration at import

    serve()


if __name__ == "__main__":
    main()
