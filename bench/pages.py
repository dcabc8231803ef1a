"""Figures of the page itself, taken in Chromium by `scroll.mjs` and `looking.mjs`."""

import json
import subprocess
import tempfile
from pathlib import Path

from lists import measured
from studio_files import flat_png, photograph, put_all, style

TILES = 10_000
LOOKED_AT = 200
# frames a second, of the screen's 60, while photographs are looked at and sent, with store, studio and browser on one machine
LOOK_FRAMES = 55
LOOK_SLOW = 0.01


def script(name, *arguments):
    """What a script of this folder prints."""
    command = ["node", Path(__file__).with_name(name), *arguments]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True, timeout=600).stdout)


def rows(studio):
    """Rows of the table: name, value, limit, whether it is kept."""
    yield from looking(studio)
    yield from scrolling(studio)


def looking(studio):
    id_ = style(studio, "Looked at")
    with tempfile.TemporaryDirectory(prefix="bench-photographs-") as folder:
        # a few pictures under many names, each with bytes of its own at the end
        bodies = [photograph(n) for n in range(4)]
        for n in range(LOOKED_AT):
            (Path(folder) / f"photo {n:03}.jpg").write_bytes(bodies[n % 4] + b"%d" % n)
        figures = script("looking.mjs", f"{studio.addresses['page']}/styles/{id_}/data?upload=1", folder)
    yield "look-rate", f"{figures['per_second']:.1f} /s", "", True
    rate, slow, frames = figures["rate"], figures["slow"], figures["frames"]
    yield "look-frames", f"{rate:.1f} /s", f">= {LOOK_FRAMES}", rate >= LOOK_FRAMES
    yield "look-over-50ms", f"{slow} of {frames}", f"<= {LOOK_SLOW:.0%}", slow <= frames * LOOK_SLOW
    yield "look-worst", f"{figures['worst']:.0f} ms", "", True


def scrolling(studio):
    id_ = style(studio, "Ten thousand")
    put_all(studio, ((f"styles/{id_}/n{n:05}.png", flat_png(48, 48, n), "image/png") for n in range(TILES)))
    measured(studio, id_)
    figures = script("scroll.mjs", f"{studio.addresses['page']}/styles/{id_}/data")
    slow = figures["slow"]
    yield "scroll-frames", f"{figures['frames']}", "", True
    yield "scroll-worst", f"{figures['worst']:.0f} ms", "", True
    yield "scroll-over-50ms", f"{slow}", "none", slow == 0
    yield "scroll-nodes", f"{figures['tiles']}", "<= 300", figures["tiles"] <= 300
