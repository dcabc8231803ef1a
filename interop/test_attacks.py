"""A list an attacker would try against the running studio: other names and origins, climbing paths in every spelling, texts that are
code, addresses that lead inwards, bodies without end, guessed tokens."""

import contextlib
import http.server
import json
import re
import socket
import threading
import urllib.parse

import dataset
import pytest
import requests
from studio import deliver

CODE = "\"'></textarea></title><img src=x onerror=alert(1)></script><script>alert(1)</script>{{7*7}}"
# seconds of silence
WAITS_FOR_MORE = 3
PAGES = ("/", "/setup", "/styles/{id}/data", "/styles/{id}/train", "/styles/{id}/versions", "/styles/{id}/versions/{version}")


@pytest.fixture(scope="module")
def running(studio_factory, recorder):
    """A studio with a run that does not end by itself; its style and what RunPod was sent."""
    studio = studio_factory(**recorder.variables())
    style, selection = dataset.ready_style(studio)
    studio.json("POST", "/api/training/start", 202, json=dataset.run(style, selection, "V1"))
    return studio, style, recorder.submitted[-1]


def raw(address, request):
    """What is answered to these very bytes, no client tidies them up, until the studio hangs up or waits for more."""
    host, port = re.search(r"//([\d.]+):(\d+)", address).groups()
    answer = b""
    with socket.create_connection((host, int(port)), timeout=WAITS_FOR_MORE) as line:
        line.sendall(request)
        with contextlib.suppress(TimeoutError, ConnectionResetError):
            while piece := line.recv(65536):
                answer += piece
    return answer


# ---------------------------------------------------------------- other names, other origins

@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "evil.example:{port}", "[::ffff:7f00:1]", "0.0.0.0",
                                  "127.1", "2130706433", "localhost@evil.example", "127.0.0.1:{port}@evil.example", "", "evil.example, 127.0.0.1"])
def test_a_name_pointed_at_this_machine_is_refused(running, host):
    studio, _, _ = running
    port = urllib.parse.urlsplit(studio.addresses["page"]).port
    for path in ("/", "/api/styles", "/rpc/cards", "/pkg/actor_maker.js"):
        answer = raw(studio.addresses["page"], f"GET {path} HTTP/1.1\r\nHost: {host.format(port=port)}\r\nConnection: close\r\n\r\n".encode())
        assert answer.startswith((b"HTTP/1.1 403", b"HTTP/1.1 400")), answer[:200]
        assert b"Ink Storm" not in answer


@pytest.mark.parametrize("headers", [
    {"Origin": "https://evil.example"}, {"Origin": "null"}, {"Origin": "http://127.0.0.1:1"}, {"Origin": "http://localhost.evil.example"},
    {"Origin": "file://"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "http://127.0.0.1"},
])
def test_another_sites_page_changes_nothing(running, headers):
    studio, style, _ = running
    before = studio.json("GET", "/api/styles")
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    for method, path, body in [("POST", "/api/styles", '{"title":"x"}'), ("PATCH", f"/api/styles/{style}", '{"title":"x"}'),
                               ("DELETE", f"/api/styles/{style}?title=Ink%20Storm", ""), ("PUT", f"/api/styles/{style}/images/x.png", "x"),
                               ("POST", "/api/ngrok/start", ""), ("POST", "/api/training/start", "{}")]:
        answer = studio.ask(method, path, data=body, headers={"Content-Type": "application/json", **headers})
        assert answer.status_code == 403, f"{method} {path}: {answer.status_code}"
    for function in ("start_training", "cancel_version", "make_token", "start_tunnel", "import_preset"):
        answer = studio.ask("POST", f"/rpc/{function}", data=f"style={style}", headers={**form, **headers})
        assert answer.status_code == 403, function
    assert studio.json("GET", "/api/styles") == before


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""])
def test_a_form_of_another_page_is_no_json(running, kind):
    """Browsers send these without asking first; a page that hides its origin gets no further than this."""
    studio, _, _ = running
    answer = studio.ask("POST", "/api/styles", data='{"title":"smuggled"}', headers={"Content-Type": kind})
    assert answer.status_code == 400
    assert "smuggled" not in studio.get("/api/styles").text


def test_nobody_may_read_or_frame_it_from_elsewhere(running):
    studio, style, _ = running
    for path in ("/", "/api/styles", f"/styles/{style}/data", "/rpc/cards", "/pkg/actor_maker.css"):
        answer = studio.get(path, headers={"Origin": "https://evil.example"})
        assert "access-control-allow-origin" not in answer.headers, path
        policy = answer.headers["content-security-policy"]
        assert "frame-ancestors 'none'" in policy and answer.headers["x-frame-options"] == "DENY"
        assert answer.headers["x-content-type-options"] == "nosniff" and "referrer-policy" in answer.headers


# ---------------------------------------------------------------- climbing paths

CLIMBS = ["../../../../etc/passwd", "..%2f..%2f..%2fetc%2fpasswd", "%2e%2e/%2e%2e/%2e%2e/etc/passwd", "..%252f..%252fetc%252fpasswd", "%252e%252e%252fetc%252fpasswd",
          "..%c0%af..%c0%afetc/passwd", "..%5c..%5cwindows%5cwin.ini", "%2fetc%2fpasswd", "etc%2fpasswd%00.png", "%00", "C:%5cx.png", "C%3a%2fx.png", "%5c%5cserver%5cshare",
          "..%e2%88%95..%e2%88%95etc%e2%88%95passwd", "%ef%bc%8e%ef%bc%8e%ef%bc%8fetc", "....//....//etc/passwd", ".%2e/.%2e/etc/passwd", "CON", "NUL.png", "x.png%0d%0aSet-Cookie:a=b", "%ff%fe"]


@pytest.mark.parametrize("climb", CLIMBS)
def test_no_spelling_of_a_path_leads_out(running, climb):
    studio, style, _ = running
    for prefix in ("/", "/pkg/", f"/api/styles/{style}/images/", f"/api/styles/{style}/training-versions/", "/api/styles/", f"/styles/{style}/versions/",
                   "/api/training/presets/"):
        for method in ("GET", "DELETE"):
            request = f"{method} {prefix}{climb} HTTP/1.1\r\nHost: {studio.addresses['page'].removeprefix('http://')}\r\nConnection: close\r\n\r\n"
            answer = raw(studio.addresses["page"], request.encode())
            status = int(answer.split(b" ", 2)[1])
            assert status < 500, f"{method} {prefix}{climb}: {answer[:300]}"
            assert b"root:" not in answer and b"[package]" not in answer and b"\r\nSet-Cookie:a" not in answer


def test_absolute_and_foreign_request_targets_are_no_way_in(running):
    studio, _, _ = running
    own = studio.addresses["page"].removeprefix("http://")
    for line in ("GET http://evil.example/api/styles", "GET //evil.example/api/styles", "CONNECT 127.0.0.1:22", "OPTIONS *", "GET http://169.254.169.254/latest"):
        answer = raw(studio.addresses["page"], f"{line} HTTP/1.1\r\nHost: {own}\r\nConnection: close\r\n\r\n".encode())
        assert b"Ink Storm" not in answer, line
        assert not answer.startswith(b"HTTP/1.1 5"), answer[:200]


def test_of_two_names_none_counts(running):
    studio, _, _ = running
    own = studio.addresses["page"].removeprefix("http://")
    for hosts in (f"Host: {own}\r\nHost: evil.example", f"Host: evil.example\r\nHost: {own}"):
        answer = raw(studio.addresses["page"], f"GET /api/styles HTTP/1.1\r\n{hosts}\r\nConnection: close\r\n\r\n".encode())
        assert answer.startswith((b"HTTP/1.1 403", b"HTTP/1.1 400")), answer[:100]


def test_two_lengths_for_one_body_are_refused(running):
    """What a proxy and the studio would read differently lets a second request hide in the first."""
    studio, _, _ = running
    for where in ("page", "webhook"):
        own = studio.addresses[where].removeprefix("http://")
        for lengths in ("Content-Length: 5\r\nContent-Length: 6", "Content-Length: 5\r\nTransfer-Encoding: chunked", "Transfer-Encoding: chunked\r\nContent-Length: 5"):
            request = f"POST /api/training-webhook HTTP/1.1\r\nHost: {own}\r\nContent-Type: application/json\r\n{lengths}\r\n\r\n0\r\n\r\nGET /api/styles HTTP/1.1\r\nHost: {own}\r\n\r\n"
            answer = raw(studio.addresses[where], request.encode())
            assert answer.count(b"HTTP/1.1 ") <= 1 or b"Ink Storm" not in answer, answer[:400]


# ---------------------------------------------------------------- texts that are code

def test_no_text_of_a_person_or_a_webhook_becomes_code(studio_factory, recorder):
    studio = studio_factory(**recorder.variables())
    name = "a'b<img src=x onerror=alert(1)>&amp;.png"
    style = dataset.make_style(studio, title=CODE[:80], trigger="<img src=x onerror=alert(1)>")
    dataset.upload(studio, style, {name: dataset.picture(0, name), name.replace(".png", ".txt"): CODE.encode()})
    studio.code_image = name
    selection = dataset.make_set(studio, style, [name], name=CODE[:60])
    studio.json("POST", "/api/training/presets", 201, json={"name": CODE[:60], "text": json.dumps({"network_dim": 8, CODE: CODE})})
    studio.json("POST", "/api/training/start", 202, json={**dataset.run(style, selection, "V1"), "description": CODE})
    sent = recorder.submitted[-1]
    token = sent["body"]["webhook"].split("?")[1]
    hook = f"{studio.addresses['webhook']}/api/training-webhook?{token}"
    progress = {"stage": CODE, "step": 1, "total": 2}
    assert deliver(hook, {"id": sent["id"], "status": "IN_PROGRESS", "output": progress}).ok
    assert_no_code(studio, style)
    assert deliver(hook, {"id": sent["id"], "status": "FAILED", "error": CODE, "output": {"loraUrl": f"javascript:{CODE}"}}).ok
    [version] = studio.versions(style)
    assert version["status"] == "failed"
    studio.json("PATCH", f"/api/styles/{style}/training-versions/{version['id']}", json={"description": CODE})
    assert_no_code(studio, style)


def assert_no_code(studio, style):
    version = studio.versions(style)[0]["id"]
    queries = ("", "?q=" + urllib.parse.quote(CODE), "?f.name=" + urllib.parse.quote(CODE), "?image=" + urllib.parse.quote(CODE), "?image=" + urllib.parse.quote(studio.code_image), "?error=" + urllib.parse.quote(CODE))
    for path in PAGES:
        for query in queries:
            answer = studio.get(path.format(id=style, version=version) + query)
            assert answer.status_code == 200, path
            page = answer.text
            assert "<img src=x" not in page and "<script>alert" not in page, f"{path}{query}"
            policy = answer.headers["content-security-policy"]
            scripts = re.search(r"script-src ([^;]*)", policy)[1]
            assert "unsafe-inline" not in scripts and "'unsafe-eval'" not in scripts and "http:" not in scripts, policy
            nonces = set(re.findall(r"'nonce-([^']+)'", scripts))
            assert set(re.findall(r"<script[^>]*\snonce=\"([^\"]*)\"", page)) <= nonces
            assert not re.search(r"\son\w+=\"", page.split("<body")[0]), "no handler stands in the markup"
            for script in re.findall(r"<script(?![^>]*\bsrc=)([^>]*)>", page):
                assert "nonce=" in script, f"an inline script without a nonce on {path}"


def test_a_nonce_is_used_once(running):
    studio, _, _ = running
    nonces = {re.search(r"'nonce-([^']+)'", studio.get("/").headers["content-security-policy"])[1] for _ in range(5)}
    assert len(nonces) == 5


def test_pictures_that_are_pages_are_not_served_as_pages(running):
    studio, style, _ = running
    page = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"
    for name in ("x.svg", "x.html", "x.png", "x.jpg"):
        stored = studio.ask("PUT", f"/api/styles/{style}/images/{name}", data=page, headers={"Content-Type": "image/svg+xml"})
        assert stored.status_code == 400, name
    tickets = studio.json("POST", f"/api/styles/{style}/uploads", json={"files": [{"filename": "evil.html.png", "sizeBytes": len(page), "contentType": "text/html"}]})
    [ticket] = tickets["uploads"]
    requests.put(ticket["url"], headers=ticket["headers"], data=page, timeout=30)
    answer = studio.get(f"/api/styles/{style}/images/evil.html.png")
    assert answer.headers["content-type"] == "image/png"
    assert "sandbox" in answer.headers["content-security-policy"] and answer.headers["x-content-type-options"] == "nosniff"
    studio.ask("DELETE", f"/api/styles/{style}/images/evil.html.png")


# ---------------------------------------------------------------- addresses that lead inwards

def test_no_address_in_a_webhook_is_ever_asked(studio_factory, recorder):
    called = []

    class Inside(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            called.append(self.path)
            self.send_error(404)

        do_HEAD = do_PUT = do_POST = do_GET

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Inside)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    inside = f"127.0.0.1:{server.server_address[1]}"
    studio = studio_factory(**recorder.variables())
    addresses = [f"http://{inside}/latest/meta-data", f"https://{inside}/x", f"http://s3.amazonaws.com@{inside}/b/k", f"http://{inside}#.s3.amazonaws.com/k",
                 "file:///etc/passwd", "gopher://x", "javascript:alert(1)", f"s3://{inside}/k", f"//{inside}/k", f"http://{inside}\\@s3.amazonaws.com/k"]
    style, selection = dataset.ready_style(studio)
    for number, address in enumerate(addresses):
        studio.json("POST", "/api/training/start", 202, json=dataset.run(style, selection, f"V{number}"))
        sent = recorder.submitted[-1]
        hook = f"{studio.addresses['webhook']}/api/training-webhook?{sent['body']['webhook'].split('?')[1]}"
        assert deliver(hook, {"id": sent["id"], "status": "COMPLETED", "output": {"loraUrl": address, "s3_url": address, "model_info": {"download_url": address}}}).ok
    for version in studio.versions(style):
        base = f"/api/styles/{style}/training-versions/{version['id']}"
        studio.ask("POST", f"{base}/recheck")
        for path in (f"{base}/download", f"{base}/model", f"{base}/files", f"/styles/{style}/versions/{version['id']}", f"/styles/{style}/versions"):
            answer = studio.get(path, allow_redirects=False)
            assert answer.status_code < 500, path
            assert inside not in answer.headers.get("location", ""), "nobody is sent there either"
            assert not re.search(r'href="(?!https?:|s3:|/|#|\?)[a-z]+:', answer.text), path
    server.shutdown()
    assert called == []


# ---------------------------------------------------------------- too much, too often

@pytest.mark.parametrize("method, path, kind", [
    ("POST", "/api/styles", "application/json"), ("POST", "/api/training/start", "application/json"), ("POST", "/api/training/presets", "application/json"),
    ("PUT", "/api/styles/{id}/images/{name}/caption", "text/plain"), ("POST", "/rpc/start_training", "application/x-www-form-urlencoded"),
    ("POST", "/login", "application/x-www-form-urlencoded"), ("POST", "/api/training-webhook", "application/json"), ("POST", "/api/ngrok/start", "application/json"),
])
def test_bodies_have_an_end(running, method, path, kind):
    studio, style, _ = running
    path = path.format(id=style, name=urllib.parse.quote(dataset.names(1)[0]))
    own = studio.addresses["page"].removeprefix("http://")
    head = f"{method} {path} HTTP/1.1\r\nHost: {own}\r\nContent-Type: {kind}\r\nContent-Length: 1000000000000\r\nConnection: close\r\n\r\n"
    answer = raw(studio.addresses["page"], head.encode() + b" " * 1000)
    assert not answer.startswith((b"HTTP/1.1 2", b"HTTP/1.1 5")), answer[:200]
    refused = studio.ask(method, path, data=b"x" * (20 << 20), headers={"Content-Type": kind})
    assert 400 <= refused.status_code < 500, refused.status_code


def test_guessing_a_webhooks_token_is_soon_not_listened_to_on_either_port(studio_factory, recorder):
    for where in ("webhook", "page"):
        studio = studio_factory(**recorder.variables())
        style, selection = dataset.ready_style(studio)
        studio.json("POST", "/api/training/start", 202, json=dataset.run(style, selection, "V1"))
        sent = recorder.submitted[-1]
        address = f"{studio.addresses[where]}/api/training-webhook?token="
        report = {"id": sent["id"], "status": "FAILED"}
        statuses = [deliver(address + f"guess{n}", report).status_code for n in range(70)]
        assert statuses[0] == 401 and statuses[-1] == 429, where
        assert studio.versions(style)[0]["status"] in ("pending", "training")
        own = sent["body"]["webhook"].split("token=")[1]
        assert deliver(address + own, report).status_code == 200, "the run's own is let in all the same"
        assert studio.versions(style)[0]["status"] == "failed"
        turned_away = [line for line in studio.log if "turned away" in line]
        assert 1 <= len(turned_away) <= 3 and not any("guess" in line for line in studio.log)
