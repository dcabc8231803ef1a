"""Two studios on one bucket behind a balancer (`DOCUMENTS=s3`): four windows edit and start runs at the same time, either studio is
killed in the middle, and nothing is lost or done twice."""

import concurrent.futures
import itertools
import subprocess
import threading

import dataset
import pytest
import requests
from balancer import Balancer
from studio import BINARY, CHECKOUT, Studio
from third_party_store import ThirdPartyStore

WINDOWS = 4
EDITS = 500
STARTS_PER_WINDOW = 3
S3 = "S3_USER_BUCKET AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY S3_REGION AWS_ENDPOINT_URL_S3".split()
RUNPOD = "MODEL_TRAINING_RUNPOD_ENDPOINT_ID RUNPOD_API_KEY RUNPOD_ENDPOINT_BASE_URL".split()
SHARED = {"DOCUMENTS": "s3", "MAX_STARTS_PER_MINUTE": "1000"}


@pytest.fixture
def balancer():
    balancer = Balancer()
    yield balancer
    balancer.close()


@pytest.fixture
def pair(studio_factory, balancer):
    """The studio whose embedded store and endpoint are used, and two that share them."""
    stage = studio_factory(REHEARSAL_STEPS_PER_SECOND="2000")
    env = stage.env()
    shared = {name: env[name] for name in S3 + RUNPOD}
    balancer.studios = [studio_factory(**shared, **SHARED, PUBLIC_URL=balancer.address) for _ in range(2)]
    for studio in balancer.studios:
        keep_ports(studio)
    return stage, balancer.studios


def keep_ports(studio):
    for variable, name in {"PORT": "page", "WEBHOOK_PORT": "webhook"}.items():
        studio.ports[variable] = studio.addresses[name].rsplit(":", 1)[1]


class Window:
    """Somebody who works through the balancer. What was answered with success is `confirmed`; what was not is tried again."""

    def __init__(self, address, style, number):
        self.address, self.style, self.number = address, style, number
        self.sets, self.note, self.title, self.caption, self.unanswered = {}, None, None, None, 0

    def ask(self, method, path, **arguments):
        """The answer of the studio that lived to give one."""
        for _ in range(200):
            answer = requests.request(method, self.address + path, timeout=60, **arguments)
            if answer.status_code not in (502, 503):
                assert answer.ok, f"{method} {path}: {answer.status_code} {answer.text[:400]}"
                return answer
            self.unanswered += 1
            threading.Event().wait(0.05)
        raise AssertionError(f"{method} {path}: no studio answers")

    def edit(self, n):
        kind = ("set", "note", "title", "caption", "set")[n % 5]
        text = f"{kind} {self.number}.{n}"
        if kind == "set":
            body = {"filenames": dataset.names(1), "name": text}
            made = self.ask("POST", f"/api/styles/{self.style}/selection-sets", json=body).json()["set"]
            self.sets[made["id"]] = text
        elif kind == "note":
            self.ask("PATCH", f"/api/styles/{self.style}/training-versions/{self.version}", json={"description": text})
            self.note = text
        elif kind == "title":
            self.ask("PATCH", f"/api/styles/{self.own_style}", json={"title": text})
            self.title = text
        else:
            self.ask("PUT", f"/api/styles/{self.own_style}/images/{dataset.names(1)[0]}/caption", data=text)
            self.caption = text

    def start(self, selection, n):
        """Starts a run as a page does that got no answer: again with the same key, until there is one."""
        run = dataset.run(self.style, selection, f"W{self.number}-{n}", max_train_steps=20)
        headers = {"Idempotency-Key": f"window {self.number}, run {n}"}
        return self.ask("POST", "/api/training/start", json=run, headers=headers).json()["version"]["id"]

    def prepare(self, selection):
        self.version = self.start(selection, 0)
        body = {"title": f"own style {self.number}"}
        self.own_style = self.ask("POST", "/api/styles", json=body).json()["style"]["id"]
        name = dataset.names(1)[0]
        self.ask("PUT", f"/api/styles/{self.own_style}/images/{name}", data=dataset.picture(0, name))


def work(window, selection, done):
    for n in range(EDITS // WINDOWS):
        window.edit(n)
        done()
        if n % (EDITS // WINDOWS // STARTS_PER_WINDOW) == 10:
            window.start(selection, n)


def test_500_edits_of_four_windows_survive_while_either_server_is_killed(pair, balancer):
    stage, studios = pair
    style, selection = dataset.ready_style(studios[0])
    windows = [Window(balancer.address, style, n) for n in range(WINDOWS)]
    for window in windows:
        window.prepare(selection)
    finished, kill_at = itertools.count(1), {EDITS // 3: studios[0], 2 * EDITS // 3: studios[1]}
    kills = []

    def done():
        victim = kill_at.get(next(finished))
        if victim:
            kills.append(threading.Thread(target=lambda: (victim.kill(), threading.Event().wait(0.5), victim.start())))
            kills[-1].start()

    with concurrent.futures.ThreadPoolExecutor(WINDOWS) as pool:
        for worked in [pool.submit(work, window, selection, done) for window in windows]:
            worked.result()
    for kill in kills:
        kill.join()
    assert len(kills) == 2 and all(balancer.handled[studio] > EDITS // 4 for studio in studios), balancer.handled
    print(f"{sum(window.unanswered for window in windows)} requests were cut off or found nobody")
    for studio in studios:
        nothing_is_lost(studio, style, windows)
    one_job_per_start(stage, studios, style, windows)


def nothing_is_lost(studio, style, windows):
    sets = {s["id"]: s.get("name") for s in studio.json("GET", f"/api/styles/{style}/selection-sets")["sets"]}
    notes = {v["id"]: v.get("description") for v in studio.versions(style)}
    titles = {s["id"]: s["title"] for s in studio.json("GET", "/api/styles")["styles"]}
    for window in windows:
        assert window.sets.items() <= sets.items()
        assert notes[window.version] == window.note
        assert titles[window.own_style] == window.title
        name = dataset.names(1)[0]
        assert studio.get(f"/api/styles/{window.own_style}/images/{name}/caption").text == window.caption


def one_job_per_start(stage, studios, style, windows):
    versions = studios[0].settled(style, 90)
    assert len(versions) == len({v["name"] for v in versions}) >= WINDOWS * (STARTS_PER_WINDOW + 1)
    sent = [job["input"]["training_config"]["request_id"] for job in stage.jobs()]
    assert len(sent) == len(set(sent)), "a run was submitted twice"
    for version in versions:
        # a server that is killed between record and submit sent nothing, and says so
        assert (version["status"] == "completed") == (version["requestId"] in sent), version
        path = f"/api/styles/{style}/training-versions/{version['id']}/events"
        for studio in studios:
            events = [e["message"] for e in studio.json("GET", path)["events"]]
            assert len([e for e in events if e.startswith(("completed", "failed"))]) == 1, events
            assert len([e for e in events if e == "recorded"]) <= 1, events


def test_a_run_goes_through_with_everything_in_a_third_partys_store(studio_factory, balancer):
    store = ThirdPartyStore()
    balancer.studios = [studio_factory(**store.variables(), DOCUMENTS="s3", DOCUMENTS_PREFIX="studio/a/")]
    # the second one trains at the first one's endpoint
    env = balancer.studios[0].env()
    runpod = {name: env[name] for name in RUNPOD}
    balancer.studios.append(studio_factory(**store.variables(), **runpod, **SHARED, DOCUMENTS_PREFIX="studio/a/"))
    first, second = balancer.studios
    style, selection = dataset.ready_style(first)
    started = second.json("POST", "/api/training/start", 202, json=dataset.run(style, selection, "V1", max_train_steps=20))
    [version] = first.settled(style)
    assert (version["id"], version["status"]) == (started["version"]["id"], "completed")
    assert second.get(f"/api/styles/{style}/training-versions/{version['id']}/download").ok
    window = Window(balancer.address, style, 0)
    window.version, window.own_style = version["id"], style
    for n in range(40):
        window.edit(n)
    for studio in balancer.studios:
        nothing_is_lost(studio, style, [window])
    keys = [o.key for o in store.bucket().objects.all()]
    assert all(key.startswith((f"styles/{style}/", "actor_maker_user/", "studio/a/documents/", "studio/a/runs/")) for key in keys), keys
    store.close()


def test_a_store_that_ignores_the_conditions_of_writes_is_refused_at_the_start(tmp_path):
    store = ThirdPartyStore(ignores_conditions=True)
    studio = Studio(tmp_path / "folder", tmp_path / "state", **store.variables(), DOCUMENTS="s3")
    ended = subprocess.run([BINARY], cwd=CHECKOUT, env=studio.environment(), text=True, capture_output=True, timeout=60)
    assert ended.returncode != 0
    for part in ("ignores If-None-Match", store.address, "DOCUMENTS=folder"):
        assert part in ended.stderr, ended.stderr
    assert not list(store.bucket().objects.filter(Prefix="actor_maker/")), "the trial left something behind"
    store.close()
