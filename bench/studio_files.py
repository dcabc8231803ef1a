"""What the rows put into the bucket, and how they ask: shared by all of them."""

import io
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import boto3
import requests
from botocore.config import Config
from PIL import Image

PARALLEL = 8
_local = threading.local()


def session():
    """A connection of its own per thread, kept open."""
    if not hasattr(_local, "session"):
        _local.session = requests.Session()
    return _local.session


def timed(work):
    """Seconds, and what `work` returned."""
    start = time.perf_counter()
    answer = work()
    return time.perf_counter() - start, answer


def client(studio):
    """The official client on the embedded bucket, and the bucket's name."""
    env = studio.env()
    config = Config(s3={"addressing_style": "path"}, max_pool_connections=PARALLEL)
    s3 = boto3.session.Session().client(
        "s3", endpoint_url=env["AWS_ENDPOINT_URL_S3"], aws_access_key_id=env["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=env["AWS_SECRET_ACCESS_KEY"], region_name=env["S3_REGION"], config=config)
    return s3, env["S3_USER_BUCKET"]


def style(studio, title):
    """A new style's id."""
    return studio.json("POST", "/api/styles", 201, json={"title": title, "triggerWords": "bench"})["style"]["id"]


def put_all(studio, objects):
    """Puts `(key, body, content type)`, many at once."""
    s3, bucket = client(studio)

    def put(entry):
        key, body, content_type = entry
        s3.put_object(Bucket=bucket, Key=key, Body=body, ContentType=content_type)

    with ThreadPoolExecutor(PARALLEL) as pool:
        for _ in pool.map(put, objects):
            pass


def flat_png(width, height, number):
    """A PNG of one colour."""
    file = io.BytesIO()
    Image.new("RGB", (width, height), (number % 256, number // 256 % 256, 160)).save(file, "PNG")
    return file.getvalue()


def photograph(number, width=2048, height=1536):
    """A JPEG of a photograph's size (about 1.6 MB): a gradient under the grain that makes photographs heavy."""
    import numpy

    grain = numpy.random.default_rng(number)
    fall = numpy.linspace(40, 200, width)[None, :, None] * numpy.array([1.0, 0.9, 0.7])
    pixels = numpy.clip(fall + grain.normal(0, 11, (height, width, 3)), 0, 255).astype("uint8")
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=86)
    return file.getvalue()
