"""Who gets in and what a caller is told: the webhook and its port, unknown addresses, wrong methods, half a configuration."""

import subprocess

import dataset
import pytest
import requests
from studio import BINARY, CHECKOUT, deliver

WEBHOOK = "/api/training-webhook"


@pytest.fixture(scope="module")
def running(studio_factory, recorder):
    """A studio with a run that does not end by itself, its style, and the run's job with the webhook's address on this machine."""
    studio = studio_factory(**recorder.variables())
    style, selection = dataset.ready_style(studio)
    studio.json("POST", "/api/training/start", 202, json=dataset.run(style, selection, "V1"))
    [sent] = recorder.submitted
    public, token = sent["body"]["webhook"].split("?")
    assert public == "https://studio.example.com" + WEBHOOK
    return studio, style, {"id": sent["id"], "input": sent["body"]["input"], "webhook": f"{studio.addresses['webhook']}{WEBHOOK}?{token}"}


def report(sent, state="COMPLETED", **more):
    return {"id": sent["id"], "status": state, "input": sent["input"], "output": {"status": "success"}, **more}


def test_a_webhook_is_refused_without_its_token_and_nothing_changes(running):
    studio, style, sent = running
    address = sent["webhook"].split("?")[0]
    for url in (address, f"{address}?token=", f"{address}?token=wrong"):
        assert deliver(url, report(sent)).status_code == 401
    assert studio.versions(style)[0]["status"] in ("pending", "training")


def test_a_webhook_that_is_about_no_run_of_ours_is_404(running):
    _, _, sent = running
    foreign = {"id": "1c0ff33e-0000-4000-8000-000000000000-u1", "status": "COMPLETED", "output": {}}
    assert deliver(sent["webhook"], foreign).status_code == 404
    other = {"training_config": {"request_id": "1_1234567890123"}}
    assert deliver(sent["webhook"], report({**sent, "input": other})).status_code == 404


@pytest.mark.parametrize("body", [b"", b"{", b"<html>", b"[]", b"{}", b'"text"', b"\xff\xfe"])
def test_a_webhook_that_is_no_report_is_400(running, body):
    assert deliver(running[2]["webhook"], body).status_code == 400


def test_a_webhook_larger_than_16_mb_is_413(running):
    assert deliver(running[2]["webhook"], b" " * (16 * 1024 * 1024 + 1)).status_code == 413


def test_only_the_webhook_answers_on_the_webhook_port(running):
    studio, style, _ = running
    base = studio.addresses["webhook"]
    paths = ["/", "/setup", f"/styles/{style}/data", "/api/styles", "/api/health", "/api/openapi.json", "/api/training/start",
             "/pkg/actor_maker.js", "/rpc/versions", f"/api/styles/{style}/images", "/favicon.svg", f"{WEBHOOK}/", f"/x/..{WEBHOOK}x"]
    for path in paths:
        for method in ("GET", "POST"):
            answer = requests.request(method, base + path, timeout=30)
            assert answer.status_code == 404, f"{method} {path}"
            assert "style" not in answer.text.lower(), f"{path} says something"
    assert requests.get(base + WEBHOOK, timeout=30).status_code == 405


def test_unknown_addresses_are_problems_and_wrong_methods_405(running):
    studio, style, _ = running
    for method in ("GET", "POST", "DELETE"):
        problem(studio.ask(method, "/api/x"), 404)
        problem(studio.ask(method, f"/api/styles/{style}/nothing"), 404)
    problem(studio.get("/api"), 404)
    problem(studio.get("/api/styles/4711"), 404)
    for method, path in [("PUT", "/api/styles"), ("POST", "/api/health"), ("GET", "/api/training/start"), ("GET", WEBHOOK),
                         ("DELETE", "/api/openapi.json"), ("PATCH", f"/api/styles/{style}/selection-sets")]:
        problem(studio.ask(method, path), 405)


def problem(answer, status):
    assert answer.status_code == status, f"{answer.request.method} {answer.url}: {answer.status_code}"
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["status"] == status and answer.json()["detail"]


@pytest.mark.parametrize("path", ["/debug/..%2f.env", "/resources/%2e%2e/.env", "/..%2f..%2f.env", "/pkg/..%2f..%2fCargo.toml",
                                  "/api/styles/..%2F..%2Fx/images", "/api/styles/{style}/images/..%2F..%2Fx.png",
                                  "/api/styles/{style}/images/.hidden.png", "/api/styles/{style}/training-versions/..%2F..%2Fx/events"])
def test_paths_that_climb_out_are_refused(running, path):
    studio, style, _ = running
    answer = studio.get(path.format(style=style))
    assert 400 <= answer.status_code < 500
    assert "[package]" not in answer.text


def test_a_caption_cannot_be_written_outside_its_style(running):
    studio, style, _ = running
    answer = studio.ask("PUT", f"/api/styles/{style}/images/..%2F..%2Fx.png/caption", data="text")
    assert 400 <= answer.status_code < 500


def test_other_hosts_and_other_sites_are_refused(running):
    studio, _, _ = running
    assert studio.get("/api/styles", headers={"Host": "evil.example"}).status_code == 403
    foreign = {"Origin": "https://evil.example"}
    assert studio.ask("POST", "/api/styles", json={"title": "x"}, headers=foreign).status_code == 403


@pytest.mark.parametrize("given, named", [
    ({"AWS_SECRET_ACCESS_KEY": "s3cr3t-value", "S3_REGION": "us-west-1"}, ["S3_USER_BUCKET", "AWS_ACCESS_KEY_ID"]),
    ({"RUNPOD_API_KEY": "rpa_s3cr3t-value"}, ["MODEL_TRAINING_RUNPOD_ENDPOINT_ID"]),
    ({"S3_USER_BUCKET": "one", "AWS_ASSETS_BUCKET": "two"}, ["S3_USER_BUCKET", "AWS_ASSETS_BUCKET"]),
    ({"AWS_ACCESS_KEY": "AKIAs3cr3t-value", "AWS_ACCESS_KEY_ID": "AKIAs3cr3t-value2"}, ["AWS_ACCESS_KEY_ID", "AWS_ACCESS_KEY"]),
    ({"HOST": "0.0.0.0"}, ["HOST"]),
    ({"PORT": "70000"}, ["PORT", "65535"]),
    ({"REHEARSAL_FAULTS": "webhook-lots"}, ["REHEARSAL_FAULTS", "webhook-lots"]),
])
def test_half_a_configuration_stops_the_start_with_a_sentence(studio, tmp_path, given, named):
    clean = {**studio.environment(), "ACTOR_MAKER_DIR": str(tmp_path), "STATE_DIR": str(tmp_path / "state")}
    ended = subprocess.run([BINARY], cwd=CHECKOUT, env={**clean, **given}, capture_output=True, text=True, timeout=30)
    assert ended.returncode == 1
    said = ended.stdout + ended.stderr
    assert all(name in said for name in named), said
    assert "s3cr3t" not in said and "panicked" not in said
