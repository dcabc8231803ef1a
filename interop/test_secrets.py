"""One test plants a recognisable secret in every place that holds one, works with the studio, and looks for it everywhere it must
not be: pages, answers, refusals, the log, the files of the browser, the project folder, the bucket, the state folder, exports."""

import json
import re
import shutil
from pathlib import Path

import dataset
import requests
from studio import CHECKOUT, deliver

PASSWORD = "planted-password-7c1e4d"
RUNPOD_KEY = "rpa_PLANTEDkey9f3b2a7c5d1e"
NGROK_TOKEN = "2plantedNGROKtoken_5hT8wQ3zL9vX1cB6"
SITE = CHECKOUT / "target/site"


def planted_studio(studio_factory, store, recorder, tmp_path, **more):
    """A studio whose bucket is another studio's embedded store; every secret variable holds a value of ours."""
    agent = tmp_path / "ngrok-bad-token"
    agent.symlink_to(CHECKOUT / "src/tests/fake_ngrok.py")
    bucket = {name: store.env()[name] for name in ("S3_USER_BUCKET", "AWS_ENDPOINT_URL_S3", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")}
    variables = {**recorder.variables(), **bucket, "S3_REGION": "us-east-1", "ADMIN_PASSWORD": PASSWORD, "RUNPOD_API_KEY": RUNPOD_KEY,
                 "NGROK_AUTHTOKEN": NGROK_TOKEN, "NGROK_BIN": str(agent), **more, "RUST_LOG": "debug,actor_maker=trace"}
    studio = studio_factory(**variables)
    studio.session = requests.Session()
    signed_in = studio.session.post(studio.addresses["page"] + "/login", data={"password": PASSWORD}, timeout=30)
    assert signed_in.ok, signed_in.text
    return studio, bucket["AWS_SECRET_ACCESS_KEY"]


def used(studio, recorder):
    """Works with every part once; what was made, and what came back on the way."""
    seen = {}
    made = studio.session.post(studio.addresses["page"] + "/rpc/make_token", data={"token_name": "script"}, timeout=30)
    seen["the answer to a new token"] = made.text if "amst_" not in made.text else ""
    page = studio.session.get(studio.addresses["page"] + "/setup", timeout=30).text
    [token] = set(re.findall(r"amst_[A-Za-z0-9_-]{20,}", page + made.text))
    style, selection = dataset.ready_style(studio)
    seen["a start"] = studio.ask("POST", "/api/training/start", json=dataset.run(style, selection, "V1")).text
    seen["a start of the same name"] = studio.ask("POST", "/api/training/start", json=dataset.run(style, selection, "V1")).text
    seen["a wrong password"] = requests.post(studio.addresses["page"] + "/login", data={"password": PASSWORD + "x"}, timeout=30).text
    seen["a wrong token"] = requests.get(studio.addresses["page"] + "/api/styles", headers={"Authorization": f"Bearer {token}x"}, timeout=30).text
    hook = studio.addresses["webhook"] + "/api/training-webhook?token="
    seen["a forged webhook"] = deliver(hook + "forged", {"id": recorder.submitted[-1]["id"], "status": "COMPLETED"}).text
    return seen, style, token


def answers(studio, style):
    """Every page, every GET of REST and of the server functions."""
    version = studio.versions(style)[0]["id"]
    values = {"id": style, "styleId": style, "versionId": version, "filename": dataset.names(1)[0], "presetId": "small"}
    paths = ["/", "/new", "/setup", "/guide", "/nowhere", *(f"/styles/{style}/{page}" for page in ("data", "train", "versions", "folder", "quality")),
             f"/styles/{style}/versions/{version}", f"/styles/{style}/train?from={version}"]
    document = studio.json("GET", "/api/openapi.json")
    paths += ["/api/openapi.json", "/api/nothing"]
    for path, operations in document["paths"].items():
        if "get" in operations and not re.search(r"/(download|files/\{filename\})$", path):
            paths.append(re.sub(r"\{(\w+)\}", lambda m: requests.utils.quote(str(values.get(m[1], "1"))), path))
    sources = "\n".join(file.read_text() for file in (CHECKOUT / "src").rglob("*.rs"))
    functions = re.findall(r'endpoint = "(\w+)", input = (?:leptos::server_fn::codec::)?GetUrl', sources)
    assert len(functions) > 10, functions
    paths += [f"/rpc/{name}?style={style}&id={version if 'version' in name else style}&set=1" for name in functions]
    for path in paths:
        answer = studio.get(path, allow_redirects=False)
        assert answer.status_code != 401, path
        yield path, answer.text + "\n".join(f"{name}: {value}" for name, value in answer.headers.items() if name != "set-cookie")


def files(folder, *but):
    for file in Path(folder).rglob("*"):
        if file.is_file() and file.name not in but:
            yield str(file), file.read_bytes().decode("utf-8", "replace")


def test_no_planted_secret_is_shown_or_kept_anywhere(studio_factory, recorder, tmp_path):
    store = studio_factory()
    studio, bucket_key = planted_studio(studio_factory, store, recorder, tmp_path)
    seen, style, token = used(studio, recorder)
    sent = recorder.submitted[-1]["body"]
    # the run's own token goes to RunPod alone
    [webhook_token] = re.findall(r"token=([\w-]+)", sent.pop("webhook"))
    cookie = studio.session.cookies["studio_session"]
    secrets = {"the password": PASSWORD, "RunPod's key": RUNPOD_KEY, "ngrok's token": NGROK_TOKEN, "the bucket's key": bucket_key,
               "the session": cookie, "the script's token": token, "the webhook's token": webhook_token}
    places = [*seen.items(), *answers(studio, style), ("what RunPod was sent", json.dumps(sent)), ("the log", "".join(studio.log))]
    assert "actor_maker" in "".join(studio.log), "the log was listened to"
    # the site's files are asked for as the browser gets them, and looked at where they lie
    places += [*files(SITE), *files(studio.folder), *files(studio.state), *files(store.folder), *files(store.state, "rehearsal.env")]
    found = [f"{place} holds {what}" for place, text in places for what, secret in secrets.items() if secret in text]
    assert not found, "\n".join(found)
    assert len(places) > 100


def test_an_agent_that_repeats_its_token_is_not_repeated(studio_factory, recorder, tmp_path):
    studio, _ = planted_studio(studio_factory, studio_factory(), recorder, tmp_path, PUBLIC_URL="")
    refused = studio.ask("POST", "/api/ngrok/start")
    assert refused.status_code == 502 and "ERR_NGROK_107" in refused.text
    shown = [refused.text, *(studio.get(path).text for path in ("/setup", "/api/ngrok/status", "/api/health")), "".join(studio.log)]
    assert "ERR_NGROK_107" in shown[1] and not any(NGROK_TOKEN in text for text in shown)


def test_the_search_would_find_one(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a/b.bin").write_bytes(b"\xff\x00" + PASSWORD.encode() + b"\xfe")
    assert [PASSWORD in text for _, text in files(tmp_path)] == [True]
    shutil.rmtree(tmp_path / "a")
    assert list(files(tmp_path)) == []
