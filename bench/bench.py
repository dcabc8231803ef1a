"""`make bench`: figures of the built studio against its embedded S3, each beside its limit. Ends with 1 when one is missed.

Figures of a development build are printed as such: limits are meant for `make run`'s optimised one. Names of groups as
arguments (`lists uploads pages`) take only those.
"""

import os
import sys
import tempfile
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
RELEASE, DEV = CHECKOUT / "target/release/actor_maker", CHECKOUT / "target/debug/actor_maker"
os.environ.setdefault("STUDIO_BIN", str(RELEASE if RELEASE.exists() else DEV))
sys.path.insert(0, str(CHECKOUT / "interop"))

import lists  # noqa: E402
import pages  # noqa: E402
import uploads  # noqa: E402
from studio import BINARY, Studio  # noqa: E402
from studio_files import PARALLEL  # noqa: E402

GROUPS = {"lists": lists, "uploads": uploads, "pages": pages}


def measure(group):
    """The rows of one group, on a studio of its own, shown as they come; how many missed their limit."""
    missed = 0
    with tempfile.TemporaryDirectory(prefix="bench-") as root:
        studio = Studio(Path(root) / "folder", Path(root) / "state").start()
        try:
            for name, value, limit, kept in group.rows(studio):
                verdict = "" if not limit else "ok" if kept else "MISSED"
                print(f"  {name:<18}{value:>12}   {limit:<12}{verdict}", flush=True)
                missed += not kept
        finally:
            studio.kill()
    return missed


def main():
    if not BINARY.exists():
        sys.exit(f"{BINARY} is not there. Build it first: make run, or make build for a development build.")
    build = "release" if "release" in BINARY.parts else "development"
    print(f"{build} build, {lists.IMAGES} images, {lists.PHOTOGRAPHS} photographs, {pages.TILES} tiles, {PARALLEL} connections, "
          f"medians of {lists.COLD_STARTS - 1} starts, {lists.WARM_ASKS} asks, {uploads.ROUNDS} rounds")
    wanted = sys.argv[1:] or list(GROUPS)
    sys.exit(1 if sum([measure(GROUPS[name]) for name in wanted]) else 0)


main()
