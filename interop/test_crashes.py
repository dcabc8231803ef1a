"""Kill -9 in the middle: nothing is lost, nothing is submitted twice, whatever moment it was."""

import concurrent.futures
import json
import random
import threading

import dataset
import pytest
import requests

KILLS = 10


@pytest.mark.parametrize("ports", ["the same ports", "other ports"])
def test_a_studio_killed_in_mid_run_finishes_the_run_after_its_restart(studio_factory, ports):
    studio = studio_factory(REHEARSAL_STEPS_PER_SECOND="500")
    style, selection = dataset.ready_style(studio)
    run = dataset.run(style, selection, "V1", max_train_steps=1000)
    started = studio.json("POST", "/api/training/start", 202, json=run)["version"]

    def half_way():
        progress = studio.versions(style)[0].get("progress") or {}
        return progress.get("stage") == "training" and progress["step"] > 0

    studio.wait_until(half_way, what="progress of the run")
    if ports == "the same ports":
        studio.keep_ports()
    studio.kill()
    studio.variables["REHEARSAL_STEPS_PER_SECOND"] = "100000"
    studio.start()
    [version] = studio.settled(style)
    assert (version["id"], version["status"]) == (started["id"], "completed")
    assert len(studio.jobs()) == 1, "the run was not submitted again"
    assert studio.get(f"/api/styles/{style}/training-versions/{version['id']}/download").ok


def test_ten_kills_at_random_moments_lose_nothing_and_submit_nothing_twice(studio_factory):
    studio = studio_factory(REHEARSAL_STEPS_PER_SECOND="400")
    style, selection = dataset.ready_style(studio)
    studio.keep_ports()
    seed = random.randrange(1_000_000)
    print(f"seed {seed}")
    moments = random.Random(seed)
    for n in range(KILLS):
        run = dataset.run(style, selection, f"V{n + 1}", max_train_steps=300)
        # every second one hits the start itself, the others anything up to the end of the run
        kill_after(studio, run, f"key {n}", moments.uniform(0, 0.08 if n % 2 else 1.2))
        studio.start()
        again = studio.ask("POST", "/api/training/start", json=run, headers={"Idempotency-Key": f"key {n}"})
        assert again.status_code == 202, again.text
    # a run that was recorded and not submitted is known as such only when no submit can be on its way any more
    versions = studio.settled(style, 120)
    assert sorted(v["name"] for v in versions) == sorted(f"V{n + 1}" for n in range(KILLS))
    sent = [job["input"]["training_config"]["request_id"] for job in studio.jobs()]
    assert len(sent) == len(set(sent)), "a run was submitted twice"
    completed = {v["requestId"] for v in versions if v["status"] == "completed"}
    never_sent = [v for v in versions if v["status"] != "completed"]
    assert completed == set(sent)
    for version in never_sent:
        assert "jobId" not in version or version["jobId"] is None
        assert version["status"] == "failed" and "never received" in version["error"], version
    events = [studio.json("GET", f"/api/styles/{style}/training-versions/{v['id']}/events")["events"] for v in versions]
    for version, log in zip(versions, events, strict=True):
        ends = [event for event in log if event["message"].startswith(("completed", "failed"))]
        assert len(ends) == 1, (version, log)


def test_kills_while_sets_are_saved_leave_whole_files_and_every_set_that_was_confirmed(studio_factory):
    studio = studio_factory()
    style, _ = dataset.ready_style(studio, 1)
    path = f"/api/styles/{style}/selection-sets"
    studio.keep_ports()
    confirmed = set()

    def save(n):
        try:
            answer = studio.ask("POST", path, json={"filenames": dataset.names(1), "name": f"set {n}"})
        except requests.RequestException:
            return None  # killed before it answered
        return answer.json()["set"]["id"] if answer.status_code == 201 else None

    for _ in range(5):
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            saves = [pool.submit(save, n) for n in range(200)]
            threading.Timer(random.uniform(0.05, 0.4), studio.kill).start()
            given = [save.result() for save in saves]
        assert len(confirmed & set(given)) == 0, "an id was given twice"
        confirmed |= {id for id in given if id is not None}
        studio.kill()
        [file] = studio.folder.rglob("selection_sets.json")
        json.loads(file.read_text())
        studio.start()
    ids = [entry["id"] for entry in studio.json("GET", path)["sets"]]
    assert len(ids) == len(set(ids)) and confirmed <= set(ids)
    assert confirmed, "no set was saved before any of the kills"
    dataset.make_set(studio, style, dataset.names(1))
    assert [path.name for path in file.parent.iterdir() if path.name.startswith(".")] == [], "a half-written file stayed behind"


def kill_after(studio, run, key, seconds):
    """Posts a start and kills the studio this long after it was sent off."""
    def start():
        try:
            studio.ask("POST", "/api/training/start", json=run, headers={"Idempotency-Key": key})
        except requests.RequestException:
            pass  # the studio died over it: that is the point

    starter = threading.Thread(target=start)
    starter.start()
    starter.join(seconds)
    studio.kill()
    starter.join()
