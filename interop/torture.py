"""`make torture`: kill -9 again and again, at random moments of start, progress and settling, and count what became of it.

Every round starts two runs (one over REST with an idempotency key, then the same again as a retry of the lost answer would), kills
the studio somewhere between the request and a while after the run's end, starts it again and asks what is left. In the end every
version is there, none was submitted twice, no file is cut, and each was settled within a minute of the restart after which it ended.

    python interop/torture.py [kills] [seed]
"""

import collections
import json
import random
import sys
import tempfile
import threading
import time
from pathlib import Path

import dataset
import requests
from studio import Studio

KILLS = 200
STEPS = 60
# what a kill shall hit, and how long after the start was sent off that is, in seconds
MOMENTS = [("start", 0.0, 0.08), ("submit", 0.05, 0.3), ("progress", 0.2, 0.8), ("end", 0.5, 1.3), ("settled", 1.0, 2.0)]
# a run that was never sent is known as such after 45 seconds
SETTLED_WITHIN = 60


class Lost(AssertionError):
    """What must never happen."""


def main(kills=KILLS, seed=None):
    seed = int(seed) if seed is not None else random.randrange(1_000_000)
    moments, counts = random.Random(seed), collections.Counter()
    print(f"{kills} kills, seed {seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="torture-") as root:
        studio = Studio(Path(root) / "folder", Path(root) / "state", REHEARSAL_STEPS_PER_SECOND=str(STEPS * 2)).start()
        try:
            run(studio, int(kills), moments, counts)
        except BaseException:
            print("".join(studio.log[-40:]))
            raise
        finally:
            studio.kill()
    print(", ".join(f"{name} {count}" for name, count in sorted(counts.items())))
    print("nothing lost, nothing submitted twice, no file cut")


def run(studio, kills, moments, counts):
    style, selection = dataset.ready_style(studio)
    studio.keep_ports()
    began = time.monotonic()
    for n in range(kills):
        what, first, last = moments.choice(MOMENTS)
        wanted = dataset.run(style, selection, f"V{n + 1}", max_train_steps=STEPS)
        answered = start_and_kill(studio, wanted, f"key {n}", moments.uniform(first, last))
        counts[f"killed in {what}"] += 1
        counts["start answered" if answered else "start cut off"] += 1
        whole_files(studio)
        studio.start()
        again = studio.ask("POST", "/api/training/start", json=wanted, headers={"Idempotency-Key": f"key {n}"})
        check(again.status_code == 202, f"V{n + 1} cannot be started again: {again.status_code} {again.text[:300]}")
        if answered:
            check(again.json()["version"]["id"] == answered, f"V{n + 1} was started twice")
        if (n + 1) % 20 == 0:
            print(f"  {n + 1} kills, {time.monotonic() - began:.0f} s", flush=True)
    last_start = time.monotonic()
    versions = studio.settled(style, SETTLED_WITHIN)
    counts["seconds from the last restart until all were settled"] = round(time.monotonic() - last_start)
    judge(studio, style, versions, kills, counts)


def start_and_kill(studio, wanted, key, seconds):
    """Posts a start and kills the studio this long after it was sent off; the version's id if it was told."""
    told = []

    def start():
        try:
            answer = studio.ask("POST", "/api/training/start", json=wanted, headers={"Idempotency-Key": key})
            check(answer.status_code == 202, answer.text[:300])
            told.append(answer.json()["version"]["id"])
        except requests.RequestException:
            pass  # the studio died over it: that is the point

    starter = threading.Thread(target=start)
    starter.start()
    threading.Event().wait(seconds)
    studio.kill()
    starter.join()
    return told[0] if told else None


def whole_files(studio):
    """Every document that is there is whole, at the very moment after the kill."""
    for file in studio.folder.rglob("*.json"):
        if not file.name.startswith("."):
            try:
                json.loads(file.read_text())
            except ValueError as error:
                raise Lost(f"{file} is cut: {error}") from error


def judge(studio, style, versions, kills, counts):
    names = sorted(v["name"] for v in versions)
    check(names == sorted(f"V{n + 1}" for n in range(kills)), f"versions were lost or doubled: {names}")
    sent = [job["input"]["training_config"]["request_id"] for job in studio.jobs()]
    check(len(sent) == len(set(sent)), "a run was submitted twice")
    for version in versions:
        counts[version["status"]] += 1
        was_sent = version["requestId"] in sent
        if version["status"] == "completed":
            check(was_sent, f"{version['name']} completed without having been sent")
            url = f"/api/styles/{style}/training-versions/{version['id']}/download"
            model = studio.get(url)
            check(model.ok and len(model.content) == version["sizeBytes"], f"the model of {version['name']} is not whole")
        else:
            check(not was_sent, f"{version['name']} was paid and is {version['status']}: {version.get('error')}")
            check("never received" in (version.get("error") or ""), f"{version['name']}: {version.get('error')}")
        events = studio.json("GET", f"/api/styles/{style}/training-versions/{version['id']}/events")["events"]
        ends = [e for e in events if e["message"].startswith(("completed", "failed"))]
        check(len(ends) == 1, f"{version['name']} ended {len(ends)} times")
    counts["jobs"] = len(sent)


def check(holds, message):
    if not holds:
        raise Lost(message)


if __name__ == "__main__":
    main(*sys.argv[1:])
