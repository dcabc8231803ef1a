"""What the stand-ins for tunnel programs share: a proxy that really forwards, the note of each start, and the choice of a mode.

A stand-in called through a symlink named `<program>-<mode>` appends one JSON line per start to `calls.jsonl` beside the link: pid,
argv, has_token, secrets.
"""

import http.client
import json
import os
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "te", "trailer", "upgrade", "proxy-authorization"}
SECRET = ("SECRET", "PASSWORD", "API_KEY", "TUNNEL_TOKEN")


def chosen_mode(program, variable):
    name = os.path.basename(sys.argv[0])
    return name.removeprefix(f"{program}-") if name.startswith(f"{program}-") else os.environ.get(variable, "ok")


def record_call(token=""):
    if os.path.islink(sys.argv[0]):
        secrets = sorted(k for k in os.environ if any(w in k for w in SECRET))
        call = {"pid": os.getpid(), "argv": sys.argv[1:], "has_token": bool(os.environ.get(token)), "secrets": secrets}
        with open(os.path.join(os.path.dirname(sys.argv[0]), "calls.jsonl"), "a", encoding="utf-8") as calls:
            calls.write(json.dumps(call) + "\n")


class Quiet(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, headers, body):
        self.send_response_only(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def json(self, status, value):
        self.answer(status, [("Content-Type", "application/json")], json.dumps(value).encode())


class Proxy(Quiet):
    """The public side: hands every request to the upstream and its answer back."""

    upstream = None
    # headers of the answer while the upstream does not answer, and its body
    unreachable = ([], b"")
    after_forward = staticmethod(lambda count: None)
    count = 0

    def forward(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {k: v for k, v in self.headers.items() if k.lower() not in HOP_BY_HOP}
        headers |= {"X-Forwarded-For": self.client_address[0], "X-Forwarded-Host": self.headers.get("Host", ""), "X-Forwarded-Proto": "https"}
        try:
            upstream = http.client.HTTPConnection(*self.upstream, timeout=30)
            upstream.request(self.command, self.path, body, headers)
            reply = upstream.getresponse()
            kept = [(k, v) for k, v in reply.getheaders() if k.lower() not in HOP_BY_HOP | {"content-length"}]
            self.answer(reply.status, kept, reply.read())
            upstream.close()
        except OSError:
            self.answer(502, *self.unreachable)
        Proxy.count += 1
        self.after_forward(Proxy.count)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = forward


def serve(handler, ports=(0,)):
    """Serves on the first free one of these loopback ports; the port, or None."""
    for port in ports:
        try:
            server = ThreadingHTTPServer(("127.0.0.1", port), handler)
        except OSError:
            continue
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return server.server_address[1]
    return None


def serve_proxy(upstream):
    Proxy.upstream = (upstream.hostname, upstream.port)
    return f"http://127.0.0.1:{serve(Proxy)}"
