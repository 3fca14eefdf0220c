"""What a theme's decoration costs: milliseconds of one core for a frame, against what the cheapest takes."""

from __future__ import annotations

import time

import cv2
from rich.console import Console
from rich.table import Table

from reelqueue.themes import NAMES, named
from render.engine.decoration import decoration_of
from render.engine.frame import Frame

SIZE, FRAMES = (1920, 1080), 200


def measure() -> dict[str, float]:
    """Milliseconds of processor time for a frame, by decoration."""
    cv2.setNumThreads(1)
    costs = {}
    for theme in map(named, NAMES):
        decoration = decoration_of(theme, SIZE)
        if decoration is None or theme.decoration is None:
            continue
        frame = Frame(*SIZE)
        start = time.process_time()
        for number in range(FRAMES):
            decoration.paint(frame, number / 30)
        costs[str(theme.decoration)] = 1000 * (time.process_time() - start) / FRAMES
    return costs


def main() -> None:
    costs = measure()
    least = min(costs.values())
    table = Table("decoration", "ms a frame", "of the cheapest")
    for name, cost in costs.items():
        table.add_row(name, f"{cost:.2f}", f"{cost / least:.1f}")
    Console().print(table)


if __name__ == "__main__":
    main()
