#!/usr/bin/env python3
"""A stand-in for cloudflared's quick tunnel: same command line, same log on stderr, same metrics page, and a proxy that really
forwards.

    fake_cloudflared.py tunnel --config /dev/null … --metrics 127.0.0.1:0 --url http://127.0.0.1:5174

Why: the real one needs Cloudflare, so the gate could never run it. What it deliberately does not do: TLS (its address says
https://, only http:// on the same loopback port answers), named tunnels, protocols.

Behaviour is chosen by FAKE_CLOUDFLARED_MODE, or by calling it through a symlink named `cloudflared-<mode>`:

    ok                comes up
    page-only         comes up, but only its own page knows the address
    too-many          Cloudflare answers 429, exit 1
    no-network        Cloudflare cannot be reached, exit 1
    never-registers   has an address, but no connection ever comes about
    loses-connection  comes up; after its first forwarded request it reports a lost connection, after the second it gives up, exit 1
"""

import os
import signal
import sys
import threading
import time
from urllib.parse import urlsplit

# no __pycache__ among the sources
sys.dont_write_bytecode = True
from fake_tunnel import Proxy, Quiet, chosen_mode, record_call, serve, serve_proxy

MODE = chosen_mode("cloudflared", "FAKE_CLOUDFLARED_MODE")


def log(text, level="INF"):
    print(f"{time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime())} {level} {text}", file=sys.stderr, flush=True)


def give_up(words):
    print(words, file=sys.stderr, flush=True)
    os._exit(1)


class Page(Quiet):
    """The metrics server."""

    hostname = ""
    is_ready = False

    def do_GET(self):
        if self.path == "/quicktunnel":
            self.json(200, {"hostname": self.hostname})
        elif self.path == "/ready":
            self.json(200 if self.is_ready else 503, {"status": 200 if self.is_ready else 503, "readyConnections": int(self.is_ready)})
        else:
            self.answer(404, [], b"")


def in_a_box(url):
    lines = ["Your quick Tunnel has been created! Visit it at (it may take some time to be reachable):", url]
    width = max(map(len, lines)) + 4
    log("+" + "-" * width + "+")
    for line in lines:
        log("|" + f"  {line}".ljust(width) + "|")
    log("+" + "-" * width + "+")


def register():
    Page.is_ready = True
    if MODE != "page-only":
        log("Registered tunnel connection connIndex=0 connection=5d2b event=0 ip=198.41.200.53 location=fra03 protocol=quic")


def on_forwarded(count):
    if MODE != "loses-connection":
        return
    if count == 1:
        log('Serve tunnel error error="timeout: no recent network activity" connIndex=0 event=0 ip=198.41.200.53', "ERR")
        log("Retrying connection in up to 1s connIndex=0 event=0 ip=198.41.200.53")
    else:
        threading.Thread(target=give_up, args=("no more connections active and exiting",)).start()


def options(args):
    """`--flag value` pairs after `tunnel`."""
    if args[:1] != ["tunnel"]:
        give_up("this stand-in knows only `tunnel`")
    return dict(zip(args[1::2], args[2::2])) if "--no-autoupdate" not in args else options([a for a in args if a != "--no-autoupdate"])


def ask_cloudflare():
    log("Requesting new quick Tunnel on trycloudflare.com...")
    if MODE == "no-network":
        give_up('failed to request quick Tunnel: Post "https://api.trycloudflare.com/tunnel": dial tcp: lookup api.trycloudflare.com: no such host')
    if MODE == "too-many":
        log("Error unmarshaling QuickTunnel response: error code: 1015 error=\"invalid character 'e' looking for beginning of value\" "
            'status_code="429 Too Many Requests"', "ERR")
        give_up("failed to unmarshal quick Tunnel: invalid character 'e' looking for beginning of value")


def main():
    flags = options(sys.argv[1:])
    record_call()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: os._exit(0))
    log("Configuration file /dev/null was empty", "ERR")
    ask_cloudflare()
    Proxy.after_forward = staticmethod(on_forwarded)
    url = serve_proxy(urlsplit(flags["--url"])).replace("http://", "https://")
    Page.hostname = urlsplit(url).netloc
    if MODE != "page-only":
        in_a_box(url)
    log(f"Starting metrics server on 127.0.0.1:{serve(Page, [int(flags['--metrics'].rsplit(':')[-1])])}/metrics")
    while MODE == "never-registers":
        log('Unable to establish connection with Cloudflare edge error="failed to dial to edge with quic: timeout" connIndex=0', "ERR")
        time.sleep(0.2)
    register()
    while True:
        signal.pause()


if __name__ == "__main__":
    main()
