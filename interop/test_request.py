"""What RunPod is sent when Start is pressed, byte for byte as its server reads it, against the documents."""

import json
import re
import subprocess
import sys
from pathlib import Path

import dataset
import pytest

CONTRACTS = Path(__file__).resolve().parent.parent.parent / "shared/contracts"
CHOSEN = dataset.names(20)[3:15]
TYPED = {"max_train_steps": 1000, "network_dim": 16, "network_alpha": 8, "learning_rate": 0.00025, "class_tokens": "tok",
         "lr_scheduler": "cosine", "lr_warmup_steps": 400, "num_repeats": 2, "batch_size": 1, "optimizer_type": "adamw",
         "gradient_dtype": "fp32"}


@pytest.fixture(scope="module")
def sent(studio_factory, recorder):
    """The preview of a run, and what arrived when it was started."""
    studio = studio_factory(**recorder.variables())
    style = dataset.make_style(studio)
    dataset.upload(studio, style, dataset.captioned(20))
    run = dataset.run(style, dataset.make_set(studio, style, CHOSEN), "V1", **TYPED)
    preview = studio.json("POST", "/api/training/preview", json=run)
    version = studio.json("POST", "/api/training/start", 202, json=run)["version"]
    [job] = recorder.submitted
    return {**job, "preview": preview, "version": version, "style": style, "bucket": studio.env()["S3_USER_BUCKET"]}


def test_it_is_the_previewed_request(sent):
    previewed, body = sent["preview"]["request"], json.loads(json.dumps(sent["body"]))
    for request in (previewed, body):
        assert re.fullmatch(rf"{sent['style']}_\d{{13}}", request["input"]["training_config"].pop("request_id"))
        address, token = request.pop("webhook").split("?token=")
        assert address == "https://studio.example.com/api/training-webhook"
        assert token != "", "each run has a token of its own"
    assert body == previewed


def test_it_goes_to_the_endpoint_with_the_key_and_nowhere_else(sent, recorder):
    assert sent["headers"]["authorization"] == "Bearer rpa_s3cr3t-value"
    assert [asked for asked in recorder.asked if asked.startswith("POST")] == ["POST /v2/endpoint1/run"]
    assert "s3cr3t" not in json.dumps([sent["body"], sent["preview"], sent["version"]])


def test_the_envelope_is_the_documented_one(sent):
    body, style = sent["body"], sent["style"]
    assert set(body) == {"input", "policy", "webhook"}
    assert set(body["input"]) == {"workflow", "training_data", "training_config"}
    assert body["input"]["training_config"] == {
        "mode": "custom-styles", "user_id": "actor_maker_user", "tenant_id": "actor_maker", "request_id": sent["version"]["requestId"],
        "model_name": f"style_{style}_V1", "learning_rate": 0.00025, "max_train_steps": 1000}
    assert re.fullmatch(rf"style_{style}_\d{{13}}", sent["version"]["id"])
    assert sent["version"]["jobId"] == sent["id"], "RunPod's id, verbatim"
    # without a policy RunPod kills the run after ten minutes
    assert sent["body"]["policy"]["executionTimeout"] >= 3_600_000
    assert sent["body"]["policy"]["ttl"] > sent["body"]["policy"]["executionTimeout"]
    assert re.fullmatch(r"https://studio\.example\.com/api/training-webhook\?token=[\w-]{32,}", body["webhook"])


def test_image_and_caption_alternate_in_set_order_under_their_raw_names(sent):
    pairs = [name for image in CHOSEN for name in (image, f"{dataset.stem(image)}.txt")]
    expected = [f"s3://{sent['bucket']}/styles/{sent['style']}/{name}" for name in pairs]
    assert sent["body"]["input"]["training_data"] == {"s3_urls": expected}


def test_every_typed_value_is_sent_as_typed(sent):
    workflow = sent["body"]["input"]["workflow"]
    nodes = {id: workflow[id]["inputs"] for id in ("95", "107", "109")}
    where = {"network_dim": "107", "network_alpha": "107", "learning_rate": "107", "max_train_steps": "107", "gradient_dtype": "107",
             "class_tokens": "109", "num_repeats": "109", "batch_size": "109",
             "lr_scheduler": "95", "lr_warmup_steps": "95", "optimizer_type": "95"}
    assert {name: nodes[node][name] for name, node in where.items()} == TYPED
    assert {name: sent["version"]["parameters"][name] for name in TYPED} == TYPED


def test_the_workflow_is_the_documented_graph(sent):
    workflow = sent["body"]["input"]["workflow"]
    assert {"2", "4", "14", "95", "97", "98", "107", "108", "109", "133"} <= set(workflow)
    assert all(node["class_type"] for node in workflow.values())
    loops = [node["inputs"]["steps"] for node in workflow.values() if node["class_type"] == "FluxTrainLoop"]
    assert sum(loops) == TYPED["max_train_steps"]
    assert workflow["108"]["inputs"]["reset_on_queue"] is True, "a warm worker trains the last job's images too"
    documented = CONTRACTS / "flux_lora_workflow.api.json"
    if documented.exists():
        for id, node in json.loads(documented.read_text()).items():
            assert workflow[id]["class_type"] == node["class_type"], id
            assert set(workflow[id]["inputs"]) >= set(node["inputs"]), id


def test_comfyui_would_accept_the_workflow(sent, tmp_path):
    checker = CONTRACTS / "validate_workflow.py"
    if not checker.exists():
        pytest.skip(f"no {checker}")
    file = tmp_path / "workflow.json"
    file.write_text(json.dumps(sent["body"]["input"]["workflow"]))
    said = subprocess.run([sys.executable, checker, file], capture_output=True, text=True, check=True).stdout
    assert said.strip().endswith("nodes OK"), said
