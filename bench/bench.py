"""`make bench`: figures of the built studio against its embedded S3, each beside its limit. Ends with 1 when one is missed.

Figures of a development build are printed as such: limits are meant for `make run`'s optimised one.
"""

import os
import statistics
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
RELEASE, DEV = CHECKOUT / "target/release/actor_maker", CHECKOUT / "target/debug/actor_maker"
os.environ.setdefault("STUDIO_BIN", str(RELEASE if RELEASE.exists() else DEV))
sys.path.insert(0, str(CHECKOUT / "interop"))

import boto3  # noqa: E402
import requests  # noqa: E402
from botocore.config import Config  # noqa: E402
from studio import BINARY, Studio  # noqa: E402

IMAGES = 284
COLD_STARTS, WARM_ASKS = 5, 30
UPLOADS, UPLOAD_BYTES, PARALLEL, ROUNDS = 48, 1_640_000, 8, 3

local = threading.local()


def session():
    """A connection of its own per thread, kept open."""
    if not hasattr(local, "session"):
        local.session = requests.Session()
    return local.session


def timed(work):
    start = time.perf_counter()
    answer = work()
    return time.perf_counter() - start, answer


def client(studio):
    env = studio.env()
    config = Config(s3={"addressing_style": "path"}, max_pool_connections=PARALLEL)
    s3 = boto3.session.Session().client(
        "s3", endpoint_url=env["AWS_ENDPOINT_URL_S3"], aws_access_key_id=env["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=env["AWS_SECRET_ACCESS_KEY"], region_name=env["S3_REGION"], config=config)
    return s3, env["S3_USER_BUCKET"]


def picture(number):
    """A PNG header of its own size with something behind it: the list reads the size, nothing decodes it."""
    import io

    from PIL import Image
    file = io.BytesIO()
    Image.new("RGB", (512 + number % 3 * 128, 512), (number % 256, 90, 160)).save(file, "PNG")
    return file.getvalue() + bytes(100_000)


def fill(studio):
    """A style of captioned images with three sets; its id."""
    style = studio.json("POST", "/api/styles", 201, json={"title": "Bench", "triggerWords": "bench"})["style"]["id"]
    s3, bucket = client(studio)

    def put(number):
        stem = f"styles/{style}/input_{number:03} (1)_training"
        s3.put_object(Bucket=bucket, Key=f"{stem}.png", Body=picture(number), ContentType="image/png")
        s3.put_object(Bucket=bucket, Key=f"{stem}.txt", Body=f"a quiet harbour, boat number {number}".encode())

    with ThreadPoolExecutor(PARALLEL) as pool:
        list(pool.map(put, range(IMAGES)))
    names = [f"input_{n:03} (1)_training.png" for n in range(IMAGES)]
    for part in (names[:43], names[43:120], names):
        studio.json("POST", f"/api/styles/{style}/selection-sets", 201, json={"filenames": part})
    return style


def lists(studio, style):
    """Medians in ms of the whole list with captions and sets: right after a start, and again and again."""
    path = f"/api/styles/{style}/images?limit=1000"

    def ask():
        answer = session().get(studio.addresses["page"] + path, timeout=60)
        assert len(answer.json()["images"]) == IMAGES and answer.json()["images"][0]["caption"]

    cold = []
    for _ in range(COLD_STARTS):
        studio.kill()
        studio.start()
        session().get(studio.addresses["page"] + "/api/ngrok/status", timeout=60)  # the connection is no part of it
        cold.append(timed(ask)[0])
    warm = [timed(ask)[0] for _ in range(WARM_ASKS)]
    return statistics.median(cold) * 1000, statistics.median(warm) * 1000


def uploads(studio, style):
    """MB/s of presigned PUTs, tickets included, and of boto3, with the same number of connections."""
    s3, bucket = client(studio)
    body = os.urandom(UPLOAD_BYTES)
    # what a picture begins with, so that nobody need look at it twice
    body = b"\x89PNG\r\n\x1a\n" + body[8:]

    def presigned(round_):
        names = [f"presigned {round_} {n}.png" for n in range(UPLOADS)]
        wanted = [{"filename": name, "sizeBytes": len(body)} for name in names]
        tickets = studio.json("POST", f"/api/styles/{style}/uploads", json={"files": wanted})["uploads"]

        def put(ticket):
            answer = session().request(ticket["method"], ticket["url"], headers=ticket["headers"], data=body, timeout=60)
            assert answer.status_code == 200, answer.text

        with ThreadPoolExecutor(PARALLEL) as pool:
            list(pool.map(put, tickets))

    def official(round_):
        def put(number):
            s3.put_object(Bucket=bucket, Key=f"styles/{style}/boto3 {round_} {number}.png", Body=body, ContentType="image/png")

        with ThreadPoolExecutor(PARALLEL) as pool:
            list(pool.map(put, range(UPLOADS)))

    def speed(work):
        megabytes = UPLOADS * UPLOAD_BYTES / 1e6
        return statistics.median(megabytes / timed(lambda: work(n))[0] for n in range(ROUNDS))

    return speed(presigned), speed(official)


def main():
    if not BINARY.exists():
        sys.exit(f"{BINARY} is not there. Build it first: make run, or make build for a development build.")
    build = "release" if "release" in BINARY.parts else "development"
    with tempfile.TemporaryDirectory(prefix="bench-") as root:
        studio = Studio(Path(root) / "folder", Path(root) / "state").start()
        try:
            style = fill(studio)
            cold, warm = lists(studio, style)
            presigned, official = uploads(studio, style)
        finally:
            studio.kill()
    rows = [
        ("list-cold", f"{cold:.0f} ms", "<= 200 ms", cold <= 200),
        ("list-warm", f"{warm:.1f} ms", "<= 20 ms", warm <= 20),
        ("upload-presigned", f"{presigned:.0f} MB/s", "", True),
        ("upload-boto3", f"{official:.0f} MB/s", "", True),
        ("upload-ratio", f"{presigned / official:.2f}", ">= 0.9", presigned / official >= 0.9),
    ]
    print(f"{build} build, {IMAGES} images, {PARALLEL} connections, medians of {COLD_STARTS} starts, {WARM_ASKS} asks, {ROUNDS} rounds")
    for name, value, limit, kept in rows:
        verdict = "" if not limit else "ok" if kept else "MISSED"
        print(f"  {name:<18}{value:>12}   {limit:<12}{verdict}")
    sys.exit(0 if all(kept for *_, kept in rows) else 1)


main()
