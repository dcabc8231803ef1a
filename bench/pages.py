"""Figures of the page itself, taken in Chromium by `scroll.mjs`."""

import json
import subprocess
from pathlib import Path

from lists import measured
from studio_files import flat_png, put_all, style

TILES = 10_000


def rows(studio):
    """Rows of the table: name, value, limit, whether it is kept."""
    id_ = style(studio, "Ten thousand")
    put_all(studio, ((f"styles/{id_}/n{n:05}.png", flat_png(48, 48, n), "image/png") for n in range(TILES)))
    measured(studio, id_)
    script = Path(__file__).with_name("scroll.mjs")
    page = f"{studio.addresses['page']}/styles/{id_}/data"
    seen = subprocess.run(["node", script, page], check=True, capture_output=True, text=True, timeout=300).stdout
    figures = json.loads(seen)
    slow, frames = figures["slow"], figures["frames"]
    yield "scroll-frames", f"{frames}", "", True
    yield "scroll-worst", f"{figures['worst']:.0f} ms", "", True
    yield "scroll-over-50ms", f"{slow}", "none", slow == 0
    yield "scroll-nodes", f"{figures['tiles']}", "<= 300", figures["tiles"] <= 300
