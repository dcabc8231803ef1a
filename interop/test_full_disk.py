"""The disk fills up in the middle of a write: what was there stays whole, nothing is sent that could not be recorded, and a run that
ended meanwhile is settled by itself once there is room again."""

import json
import shutil
import subprocess
from pathlib import Path

import dataset
import pytest
import requests

SOURCE = Path(__file__).with_name("full_disk.c")


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    """A stand-in for a full disk, which needs no rights: a library that fails writes below a folder while a file exists."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    assert compiler, "a C compiler is needed (the studio's own build needs one too)"
    library = tmp_path_factory.mktemp("full_disk") / "full_disk.so"
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", library, SOURCE, "-ldl"], check=True)
    return library


def whole(folder):
    """The text of every document below the folder, each of which is JSON."""
    texts = {path: path.read_text() for path in folder.rglob("*.json") if not path.name.startswith(".")}
    for path, text in texts.items():
        assert json.loads(text) is not None, path
    return texts


def test_a_disk_that_fills_up_costs_no_document_and_no_run(studio_factory, library, tmp_path):
    folder, full = tmp_path / "folder", tmp_path / "full"
    studio = studio_factory(folder, LD_PRELOAD=str(library), FULL_DISK=str(folder), FULL_DISK_WHEN=str(full),
                            REHEARSAL_STEPS_PER_SECOND="200")
    style, selection = dataset.ready_style(studio)
    run = dataset.run(style, selection, "V1", max_train_steps=300)
    started = studio.json("POST", "/api/training/start", 202, json=run)["version"]
    before = whole(folder)
    full.touch()
    sets = f"/api/styles/{style}/selection-sets"
    refused = studio.ask("POST", sets, json={"filenames": dataset.names(1)})
    assert refused.status_code == 500 and "selection_sets.json" in refused.json()["detail"], refused.text
    again = studio.ask("POST", "/api/training/start", json={**run, "name": "V2"})
    assert again.status_code == 500 and len(studio.jobs()) == 1, again.text
    env = studio.env()
    job = f"{env['RUNPOD_ENDPOINT_BASE_URL']}/local/status/{started['jobId']}"
    key = {"Authorization": f"Bearer {env['RUNPOD_API_KEY']}"}
    studio.wait_until(lambda: requests.get(job, headers=key, timeout=30).json()["status"] == "COMPLETED", what="the end of the job")
    assert set(whole(folder)) == set(before), "a document went missing or a new one is there"
    assert studio.versions(style)[0]["status"] != "completed", "it could not be written down"
    full.unlink()
    [version] = studio.settled(style)
    assert version["status"] == "completed"
    path = f"/api/styles/{style}/training-versions/{version['id']}/events"
    ends = [e for e in studio.json("GET", path)["events"] if e["message"].startswith("completed")]
    assert len(ends) == 1
    studio.json("POST", sets, 201, json={"filenames": dataset.names(1)})
    studio.json("POST", "/api/training/start", 202, json={**run, "name": "V2", "parameters": {"max_train_steps": 20}})
    assert all(v["status"] == "completed" for v in studio.settled(style))
    assert not [p for p in folder.rglob(".*") if p.is_file()], "a half-written file stayed behind"
