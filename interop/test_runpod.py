"""The local endpoint against the official `runpod` package, both of its sides.

Its client submits, asks and cancels; its worker (`runpod.serverless.start`) takes a job, sends progress and finishes. The model
file the rehearsal trainer leaves in S3 is opened with the official `safetensors` package. Fixture `studio_env` (conftest.py)
gives the variables of `rehearsal.env` of a running studio. Nothing here sleeps instead of waiting for a condition.
"""

import contextlib
import http.server
import json
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
import uuid
import zlib

import boto3
import numpy
import pytest
import requests
import runpod
from botocore.config import Config
from safetensors import deserialize

RANK = 16
STEPS = 40
FAST = {"steps_per_second": 100_000}


# ------------------------------------------------------------------ what the tests work with


@pytest.fixture
def endpoint(studio_env):
    """The official client, pointed at the studio's local endpoint."""
    runpod.api_key = studio_env["RUNPOD_API_KEY"]
    runpod.endpoint_url_base = studio_env["RUNPOD_ENDPOINT_BASE_URL"]
    return runpod.Endpoint(studio_env["MODEL_TRAINING_RUNPOD_ENDPOINT_ID"])


@pytest.fixture
def s3(studio_env):
    return boto3.client(
        "s3",
        endpoint_url=studio_env["AWS_ENDPOINT_URL_S3"],
        aws_access_key_id=studio_env["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=studio_env["AWS_SECRET_ACCESS_KEY"],
        region_name=studio_env.get("S3_REGION", "us-east-1"),
        config=Config(s3={"addressing_style": "path"}, retries={"max_attempts": 1}),
    )


@pytest.fixture
def dataset(studio_env, s3):
    """Three captioned images under a prefix of their own; names as people have them."""
    bucket = studio_env["S3_USER_BUCKET"]
    prefix = f"styles/interop-{uuid.uuid4().hex[:8]}"
    urls = []
    for number, size in enumerate([(512, 512), (768, 512), (512, 768)]):
        stem = f"{prefix}/A Boy and a Girl_scene ({number})"
        caption = f"a quiet harbour, boat number {number}\n".encode()
        for key, body in [(f"{stem}.png", png(*size)), (f"{stem}.txt", caption)]:
            s3.put_object(Bucket=bucket, Key=key, Body=body)
            urls.append(f"s3://{bucket}/{key}")
    yield urls
    for url in urls:
        s3.delete_object(Bucket=bucket, Key=url.removeprefix(f"s3://{bucket}/"))


def png(width, height):
    """A small valid grey PNG."""

    def chunk(kind, data):
        crc = zlib.crc32(kind + data)
        return len(data).to_bytes(4, "big") + kind + data + crc.to_bytes(4, "big")

    header = width.to_bytes(4, "big") + height.to_bytes(4, "big") + bytes([8, 0, 0, 0, 0])
    pixels = zlib.compress((b"\0" + b"\x80" * width) * height)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def workflow(steps=STEPS, model_name="interop"):
    def node(class_type, **inputs):
        return {"class_type": class_type, "inputs": inputs}

    return {
        "2": node("FluxTrainModelSelect", transformer="flux1-dev-fp8.safetensors", vae="ae.safetensors",
                  clip_l="clip_l.safetensors", t5="t5xxl_fp8_e4m3fn.safetensors"),
        "108": node("TrainDatasetGeneralConfig", color_aug=False, flip_aug=False, shuffle_caption=False,
                    caption_dropout_rate=0.0, alpha_mask=False, reset_on_queue=True, caption_extension=".txt"),
        "109": node("TrainDatasetAdd", dataset_config=["108", 0], width=512, height=512, batch_size=2,
                    dataset_path="/training_data", class_tokens="style_16", enable_bucket=True,
                    bucket_no_upscale=False, num_repeats=10, min_bucket_reso=256, max_bucket_reso=1024),
        "95": node("OptimizerConfig", optimizer_type="adamw8bit", max_grad_norm=1.0,
                   lr_scheduler="cosine_with_restarts", lr_warmup_steps=0, lr_scheduler_num_cycles=3,
                   lr_scheduler_power=1.0, min_snr_gamma=5.0, extra_optimizer_args=""),
        "107": node("InitFluxLoRATraining", flux_models=["2", 0], dataset=["109", 0], optimizer_settings=["95", 0],
                    output_name=model_name, output_dir="/model_output", network_dim=RANK, network_alpha=8.0,
                    learning_rate=0.0001, max_train_steps=steps, apply_t5_attn_mask=True, cache_latents="memory",
                    cache_text_encoder_outputs="memory", blocks_to_swap=0, weighting_scheme="logit_normal",
                    logit_mean=0.0, logit_std=1.0, mode_scale=1.29, timestep_sampling="shift", sigmoid_scale=1.0,
                    model_prediction_type="raw", guidance_scale=1.0, discrete_flow_shift=3.1582, highvram=True,
                    fp8_base=True, gradient_dtype="bf16", save_dtype="bf16", attention_mode="sdpa",
                    sample_prompts="a harbour", additional_args="", train_text_encoder="disabled", clip_l_lr=0.0,
                    T5_lr=0.0, gradient_checkpointing="enabled"),
        "4": node("FluxTrainLoop", network_trainer=["107", 0], steps=steps),
        "14": node("FluxTrainSave", network_trainer=["4", 0], save_state=False, copy_to_comfy_lora_folder=False),
        "133": node("FluxTrainEnd", network_trainer=["14", 0], save_state=False),
    }


def job(urls, rehearsal=None, steps=STEPS, **beside):
    name = f"interop_{uuid.uuid4().hex[:8]}"
    config = {"mode": "custom-styles", "user_id": "actor_maker_user", "tenant_id": "actor_maker",
              "request_id": f"16_{name}", "model_name": name, "learning_rate": 0.0001, "max_train_steps": steps}
    body = {"workflow": workflow(steps, name), "training_data": {"s3_urls": urls}, "training_config": config}
    return {"input": {**body, "rehearsal": rehearsal or FAST}, **beside}


def wait_until(condition, seconds=30, what="the condition"):
    """The first true answer of `condition`."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        answer = condition()
        if answer:
            return answer
        threading.Event().wait(0.05)
    raise AssertionError(f"{what} did not come about within {seconds} s")


def seen(job, status, seconds=30):
    """The job's record once it has this status."""
    return wait_until(lambda: (record := job._fetch_job())["status"] == status and record, seconds, f"{status}")


@contextlib.contextmanager
def receiver():
    """A webhook receiver; yields its address and the list of (headers, body) it got."""
    got = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            got.append((dict(self.headers), self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/hook", got
    finally:
        server.shutdown()
        server.server_close()


# ------------------------------------------------------------------ the client's side


def test_the_client_trains_a_model_and_safetensors_opens_it(endpoint, s3, studio_env, dataset):
    body = job(dataset)
    run = endpoint.run(body)
    answer = run.output(timeout=60)
    assert run.status() == "COMPLETED"
    config = body["input"]["training_config"]
    name = f"{config['model_name']}.safetensors"
    assert answer["status"] == "success"
    assert answer["job_id"] == config["request_id"]
    assert answer["loraName"] == name
    assert answer["training_type"] == "style"
    assert answer["message"].startswith("LoRA training completed successfully in ")
    key = f"actor_maker_user/custom-styles-models/{name}"
    assert answer["loraUrl"] == f"{studio_env['AWS_ENDPOINT_URL_S3']}/{studio_env['S3_USER_BUCKET']}/{key}"

    stored = s3.get_object(Bucket=studio_env["S3_USER_BUCKET"], Key=key)["Body"].read()
    assert answer["model_info"] == {"name": name, "download_url": answer["loraUrl"], "size_bytes": len(stored),
                                    "file_extension": ".safetensors", "model_type": "lora"}
    assert 1_000_000 < len(stored) < 2_000_000
    check_tensors(stored)
    check_metadata(stored, config["model_name"])


def check_tensors(stored):
    header_length = int.from_bytes(stored[:8], "little")
    header = json.loads(stored[8:8 + header_length])
    header.pop("__metadata__")
    assert {entry["dtype"] for entry in header.values()} == {"BF16"}
    assert len(stored) == 8 + header_length + max(entry["data_offsets"][1] for entry in header.values())
    tensors = {name: widened(tensor) for name, tensor in deserialize(stored)}
    downs = [name for name in tensors if name.endswith(".lora_down.weight")]
    assert downs and len(tensors) == 3 * len(downs)
    for down in downs:
        module = down.removesuffix(".lora_down.weight")
        assert module.startswith("lora_unet_double_blocks_")
        assert tensors[down].shape[0] == RANK
        up = tensors[f"{module}.lora_up.weight"]
        assert up.shape[1] == RANK
        assert not up.any(), "a rehearsed model has no effect"
        assert tensors[down].any()
        assert float(tensors[f"{module}.alpha"]) == 8.0


def widened(tensor):
    """A BF16 tensor as float32, whose upper half it is; numpy has no BF16."""
    upper = numpy.frombuffer(tensor["data"], dtype="<u2").astype("<u4")
    return (upper << 16).view("<f4").reshape(tensor["shape"])


def check_metadata(stored, model_name):
    header_length = int.from_bytes(stored[:8], "little")
    metadata = json.loads(stored[8:8 + header_length])["__metadata__"]
    assert all(isinstance(value, str) for value in metadata.values())
    expected = {"ss_network_dim": "16", "ss_network_alpha": "8.0", "ss_steps": str(STEPS),
                "ss_max_train_steps": str(STEPS), "ss_num_train_images": "30", "ss_learning_rate": "0.0001",
                "ss_output_name": f"{model_name}_rank16_bf16", "ss_lr_scheduler": "cosine_with_restarts",
                "ss_num_batches_per_epoch": "15", "modelspec.architecture": "flux-1-dev/lora"}
    assert {name: metadata.get(name) for name in expected} == expected
    tags = json.loads(metadata["ss_tag_frequency"])["training_data"]
    assert tags["style_16 a quiet harbour"] == 3
    assert tags["boat number 1"] == 1


def test_the_client_sees_progress_and_cancels(endpoint, dataset):
    run = endpoint.run(job(dataset, {"steps_per_second": 5}, steps=5000))
    record = wait_until(lambda: (r := run._fetch_job()).get("output", {}).get("stage") == "training" and r,
                        what="training")
    assert record["status"] == "IN_PROGRESS"
    assert record["output"]["total"] == 5000
    assert isinstance(record["delayTime"], int)
    assert run.cancel() == {"id": run.job_id, "status": "CANCELLED"}
    assert run.status() == "CANCELLED"
    wait_until(lambda: endpoint.health()["jobs"]["inProgress"] == 0, what="an idle trainer")


def test_run_sync_answers_the_output(endpoint, dataset):
    assert endpoint.run_sync(job(dataset), timeout=60)["status"] == "success"


def test_a_queue_of_several_drains_and_can_be_purged(endpoint, dataset):
    runs = [endpoint.run(job(dataset)) for _ in range(3)]
    for run in runs:
        assert run.output(timeout=60)["status"] == "success"
    busy = endpoint.run(job(dataset, {"steps_per_second": 1}, steps=5000))
    seen(busy, "IN_PROGRESS")
    waiting = endpoint.run(job(dataset))
    assert waiting.status() == "IN_QUEUE"
    assert endpoint.purge_queue() == {"removed": 1, "status": "completed"}
    with pytest.raises(requests.HTTPError, match="404"):
        waiting.status()
    busy.cancel()


def test_a_missing_caption_fails_the_job_in_the_containers_words(endpoint, dataset):
    run = endpoint.run(job([url for url in dataset if not url.endswith("(1).txt")]))
    record = seen(run, "FAILED")
    assert "(1).png" in record["error"]
    assert record["output"]["status"] == "failed"


def test_a_failed_job_can_be_retried_under_its_id(endpoint, dataset, studio_env):
    run = endpoint.run(job(dataset, {**FAST, "faults": "crash=2"}))
    assert seen(run, "FAILED")["error"] == "job timed out after 1 retries"
    answer = endpoint.rp_client.post(f"{endpoint.endpoint_id}/retry/{run.job_id}", data=None)
    assert answer == {"id": run.job_id, "status": "IN_QUEUE"}
    assert seen(run, "COMPLETED")["output"]["status"] == "success"


def test_a_wrong_key_is_401(studio_env):
    runpod.endpoint_url_base = studio_env["RUNPOD_ENDPOINT_BASE_URL"]
    stranger = runpod.Endpoint(studio_env["MODEL_TRAINING_RUNPOD_ENDPOINT_ID"], api_key="rpa_wrong")
    with pytest.raises(RuntimeError, match="401"):
        stranger.health()


def test_the_webhook_carries_the_whole_job(endpoint, dataset):
    with receiver() as (address, got):
        body = job(dataset, webhook=address)
        run = endpoint.run(body)
        headers, raw = wait_until(lambda: got and got[0], what="a webhook")
    sent = json.loads(raw)
    assert headers["content-type"] == "application/json"
    assert sent["id"] == run.job_id and sent["status"] == "COMPLETED"
    assert sent["input"] == body["input"] and sent["webhook"] == address
    assert sent["output"]["status"] == "success"
    assert isinstance(sent["delayTime"], int) and isinstance(sent["executionTime"], int)


# ------------------------------------------------------------------ the worker's side

WORKER = textwrap.dedent(
    """
    import asyncio, runpod

    async def handler(job):
        asked = job["input"]
        runpod.serverless.progress_update(job, {"stage": "training", "step": 1, "total": 2})
        if asked.get("say") == "fail":
            return {"error": "out of memory"}
        if asked.get("say") == "raise":
            raise ValueError("no such model")
        if asked.get("say") == "wait":
            await asyncio.sleep(600)
        await asyncio.sleep(asked.get("seconds", 0))
        return {"status": "success", "echo": asked}

    runpod.serverless.start({"handler": handler})
    """
)


@pytest.fixture
def worker(studio_env, endpoint, tmp_path):
    """The official worker in a process of its own; ready once it has done a job."""
    script = tmp_path / "worker.py"
    script.write_text(WORKER)
    log = (tmp_path / "worker.log").open("w+")
    name = f"worker-{uuid.uuid4().hex[:8]}"
    environment = {**os.environ, **studio_env, "RUNPOD_POD_ID": name, "RUNPOD_PING_INTERVAL": "1000",
                   "RUNPOD_SKIP_AUTO_SYSTEM_CHECKS": "true", "RUNPOD_SKIP_GPU_CHECK": "true"}
    process = subprocess.Popen([sys.executable, str(script)], env=environment, stdout=log, stderr=subprocess.STDOUT,
                               cwd=tmp_path, start_new_session=True)
    process.name = name

    # a job done by it is the proof that the built-in trainer stands down
    probe = [endpoint.run({"input": {"probe": True}})]

    def attached():
        if process.poll() is not None:
            log.seek(0)
            raise AssertionError(f"the worker ended: {log.read()}")
        record = probe[0]._fetch_job()
        if record["status"] in ("IN_QUEUE", "IN_PROGRESS"):
            return False
        if record.get("workerId") == name:
            return True
        # the built-in trainer was quicker
        probe[0] = endpoint.run({"input": {"probe": True}})
        return False

    try:
        wait_until(attached, 60, "a job taken by the worker")
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        log.close()


def test_an_official_worker_takes_the_job_and_the_rehearsal_stands_down(endpoint, worker, dataset):
    body = job(dataset)
    run = endpoint.run(body)
    record = seen(run, "COMPLETED")
    assert record["workerId"] == worker.name
    assert record["output"]["echo"] == body["input"], "the worker got the input as it was sent"
    assert set(endpoint.health()["workers"]) == {"idle", "initializing", "ready", "running", "throttled", "unhealthy"}


def test_a_workers_progress_shows_while_it_runs(endpoint, worker):
    run = endpoint.run({"input": {"say": "go", "seconds": 3}})
    record = wait_until(lambda: (r := run._fetch_job()).get("output") and r, what="progress")
    assert record["status"] == "IN_PROGRESS"
    assert record["output"] == {"stage": "training", "step": 1, "total": 2}
    assert endpoint.health()["workers"]["running"] == 1
    assert seen(run, "COMPLETED")["output"]["status"] == "success"


@pytest.mark.parametrize("say, text", [("fail", "out of memory"), ("raise", "no such model")])
def test_a_handlers_error_makes_the_job_failed(endpoint, worker, say, text):
    with receiver() as (address, got):
        run = endpoint.run({"input": {"say": say}, "webhook": address})
        assert text in seen(run, "FAILED")["error"]
        _, raw = wait_until(lambda: got and got[0], what="a webhook")
    assert json.loads(raw)["status"] == "FAILED"


def test_cancel_reaches_the_worker_and_frees_it(endpoint, worker):
    run = endpoint.run({"input": {"say": "wait"}})
    seen(run, "IN_PROGRESS")
    run.cancel()
    again = endpoint.run({"input": {"say": "next"}})
    assert seen(again, "COMPLETED", 30)["workerId"] == worker.name
    assert run.status() == "CANCELLED"


def test_the_execution_timeout_ends_a_job_and_frees_the_worker(endpoint, worker):
    run = endpoint.run({"input": {"say": "wait"}, "policy": {"executionTimeout": 1000}})
    assert seen(run, "FAILED")["error"] == "executionTimeout exceeded"
    again = endpoint.run({"input": {"say": "next"}})
    assert seen(again, "COMPLETED", 30)["workerId"] == worker.name


def test_a_killed_workers_job_goes_back_to_the_queue(endpoint, worker, dataset):
    run = endpoint.run({"input": {**job(dataset)["input"], "say": "wait"}})
    seen(run, "IN_PROGRESS")
    os.killpg(worker.pid, signal.SIGKILL)
    record = wait_until(lambda: (r := run._fetch_job())["status"] == "COMPLETED" and r, 90, "the built-in trainer")
    assert record["retries"] == 1
    assert record["workerId"] != worker.name
    assert record["output"]["status"] == "success"
