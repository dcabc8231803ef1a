"""Upload throughput of presigned PUTs, tickets included, against boto3 with as many connections."""

import os
import statistics
from concurrent.futures import ThreadPoolExecutor

from studio_files import PARALLEL, client, session, style, timed

UPLOADS, UPLOAD_BYTES, ROUNDS = 48, 1_640_000, 5


def rows(studio):
    """Rows of the table: name, value, limit, whether it is kept."""
    id_ = style(studio, "Uploads")
    s3, bucket = client(studio)
    # what a picture begins with, so that nobody need look at it twice
    body = b"\x89PNG\r\n\x1a\n" + os.urandom(UPLOAD_BYTES - 8)

    def presigned(round_):
        names = [f"presigned {round_} {n}.png" for n in range(UPLOADS)]
        wanted = [{"filename": name, "sizeBytes": len(body)} for name in names]
        tickets = studio.json("POST", f"/api/styles/{id_}/uploads", json={"files": wanted})["uploads"]

        def put(ticket):
            answer = session().request(ticket["method"], ticket["url"], headers=ticket["headers"], data=body, timeout=60)
            assert answer.status_code == 200, answer.text

        with ThreadPoolExecutor(PARALLEL) as pool:
            list(pool.map(put, tickets))

    def official(round_):
        def put(number):
            s3.put_object(Bucket=bucket, Key=f"styles/{id_}/boto3 {round_} {number}.png", Body=body, ContentType="image/png")

        with ThreadPoolExecutor(PARALLEL) as pool:
            list(pool.map(put, range(UPLOADS)))

    megabytes = UPLOADS * UPLOAD_BYTES / 1e6
    # turn by turn, so that both meet the same noise
    speeds = [(megabytes / timed(lambda: presigned(n))[0], megabytes / timed(lambda: official(n))[0]) for n in range(ROUNDS)]
    ours, theirs = (statistics.median(side) for side in zip(*speeds))
    yield "upload-presigned", f"{ours:.0f} MB/s", "", True
    yield "upload-boto3", f"{theirs:.0f} MB/s", "", True
    yield "upload-ratio", f"{ours / theirs:.2f}", ">= 0.9", ours / theirs >= 0.9
