#!/usr/bin/env python3
"""A stand-in for the ngrok agent: same command line, same log, same agent API, and a proxy that really forwards.

    fake_ngrok.py http http://127.0.0.1:5174 --log stdout --log-format json [--log-level L] [--url U] [--inspect=false]

Why: the real agent needs an account and the internet, so the gate could never run it. What it deliberately does not do:
TLS, the browser interstitial, accounts. Its "public" address is a loopback one; with `--url` that address is announced
instead, and only the loopback one answers.

Behaviour is chosen by FAKE_NGROK_MODE, or (handy where a test must not touch the environment) by calling it through a
symlink named `ngrok-<mode>`:

    ok             comes up
    object-addr    comes up; `addr` in the log is an object, as in newer agents
    logfmt         comes up; logs in logfmt although JSON was asked for
    noise          comes up; lines that are no JSON between the others
    api-only       comes up, but only the agent API knows the address; a stranger's tunnel is listed before ours
    no-token       ERR_NGROK_4018, exit 1
    bad-token      ERR_NGROK_107, exit 1; repeats the token, as the real agent does
    old-agent      ERR_NGROK_121, exit 1
    already-online ERR_NGROK_334, exit 1
    never-up       no network: retries for ever
    crashes-later  comes up; after its first forwarded request it ends without a word
    dies-later     comes up; after its first forwarded request (or FAKE_NGROK_LIFETIME seconds) ERR_NGROK_108, exit 1
    loses-session  comes up; after its first forwarded request it reports a lost session, after the second a regained one
    stubborn       comes up; ignores SIGTERM
    wrapped        the agent is a child of this process, as behind a shell script
"""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from urllib.parse import urlsplit

# no __pycache__ among the sources
sys.dont_write_bytecode = True
from fake_tunnel import Proxy, Quiet, chosen_mode, record_call, serve, serve_proxy

LOG_LOCK = threading.Lock()
NO_TOKEN = (
    "authentication failed: Usage of ngrok requires a verified account and authtoken.\n\n"
    "Sign up for an account: https://dashboard.ngrok.com/signup\n"
    "Install your authtoken: https://dashboard.ngrok.com/get-started/your-authtoken\r\n\r\nERR_NGROK_4018\r\n"
)
BAD_TOKEN = (
    "authentication failed: The authtoken you specified is properly formed, but it is invalid.\n"
    "Your authtoken: {token}\nThis usually happens when:\n- You reset your authtoken\r\n\r\nERR_NGROK_107\r\n"
)
OLD_AGENT = 'authentication failed: Your ngrok-agent version "3.1.0" is too old.\r\n\r\nERR_NGROK_121\r\n'
ONLINE = "failed to start tunnel: The endpoint 'https://studio.ngrok-free.app' is already online.\r\n\r\nERR_NGROK_334\r\n"
TOO_MANY = "authentication failed: Your account is limited to 3 simultaneous agent sessions.\r\n\r\nERR_NGROK_108\r\n"


MODE = chosen_mode("ngrok", "FAKE_NGROK_MODE")


def log(msg, lvl="info", **fields):
    record = {"lvl": lvl, "msg": msg, "t": time.strftime("%Y-%m-%dT%H:%M:%S+0000", time.gmtime()), **fields}
    if MODE == "logfmt":
        line = " ".join(f"{key}={logfmt_value(value)}" for key, value in record.items())
    else:
        line = json.dumps(record)
    with LOG_LOCK:
        print(line, flush=True)


def logfmt_value(value):
    text = str(value)
    return json.dumps(text) if any(c in text for c in ' "=\n') else text


def die(err):
    """The real agent's last words: three log lines, then the text on stderr, exit code 1."""
    log("session closing", lvl="eror", obj="tunnels.session", err=err)
    log("terminating with error", lvl="eror", obj="app", err=err)
    log("command failed", lvl="crit", err=err)
    for line in err.splitlines():
        print(f"ERROR:  {line}", file=sys.stderr, flush=True)
    os._exit(1)


class AgentApi(Quiet):
    """The local agent API, read-only."""

    tunnels = []

    def do_GET(self):
        path = urlsplit(self.path).path
        if path == "/api/tunnels":
            self.json(200, {"tunnels": self.tunnels, "uri": path})
        elif path == "/api/endpoints":
            listed = [{"name": t["name"], "url": t["public_url"], "upstream": {"url": t["config"]["addr"]}} for t in self.tunnels]
            self.json(200, {"endpoints": listed, "uri": path})
        elif path == "/api/status":
            self.json(200, {"status": "online", "agent_version": "3.39.10", "session": {"legs": []}})
        else:
            self.json(404, {"error_code": 100, "status_code": 404, "msg": "not found", "details": {"path": path}})


def tunnel_object(name, public_url, addr):
    return {"name": name, "uri": f"/api/tunnels/{name}", "public_url": public_url, "proto": "https", "config": {"addr": addr, "inspect": False}}


def serve_agent_api():
    """127.0.0.1:4040, or the next free port, as the real agent does."""
    port = serve(AgentApi, range(4040, 4240)) or die("no free port for the web service")
    log("starting web service", obj="web", addr=f"127.0.0.1:{port}", allow_hosts=[])


def on_forwarded(count):
    """What the modes that change after a request do; called once per forwarded request."""
    if MODE == "dies-later":
        threading.Thread(target=die, args=(TOO_MANY,)).start()
    elif MODE == "crashes-later":
        threading.Thread(target=os._exit, args=(2,)).start()
    elif MODE == "loses-session" and count == 1:
        log("session closed, starting reconnect loop", lvl="eror", obj="csess", err="read EOF from remote peer")
    elif MODE == "loses-session" and count == 2:
        log("client session established", obj="tunnels.session")


def announce(addr, url):
    log("client session established", obj="tunnels.session")
    log("tunnel session started", obj="tunnels.session")
    if MODE == "api-only":
        stranger = tunnel_object("other", "http://127.0.0.1:9", "http://localhost:9")
        AgentApi.tunnels = [stranger, tunnel_object("command_line", url, addr)]
        return
    AgentApi.tunnels = [tunnel_object("command_line", url, addr)]
    shown = {"Scheme": "http", "Host": urlsplit(addr).netloc} if MODE == "object-addr" else addr
    log("started tunnel", obj="tunnels", name="command_line", addr=shown, url=url)


def never_up():
    while True:
        log("failed to reconnect session", lvl="eror", obj="tunnels.session", err="dial tcp: lookup connect.ngrok-agent.com: no such host")
        time.sleep(0.2)


def terminated(*_):
    os.write(1, b'{"lvl":"info","msg":"received stop request","obj":"app"}\n')  # a signal may interrupt log() with its lock held
    os._exit(0)


def options(args):
    """The address and `--flag value` or `--flag=value` pairs; an unknown command ends as the real agent's would."""
    if args == ["version"]:
        print("ngrok version 3.39.10")
        sys.exit(0)
    if len(args) < 2 or args[0] != "http":
        print("ERROR:  unknown command: this stand-in knows only `http ADDR` and `version`", file=sys.stderr)
        sys.exit(1)
    flags, rest = {}, list(args[2:])
    while rest:
        name, given, value = rest.pop(0).partition("=")
        flags[name] = value if given else rest.pop(0) if rest else ""
    addr = args[1] if "://" in args[1] else f"http://{args[1] if ':' in args[1] else 'localhost:' + args[1]}"
    return addr, flags


def run_wrapped():
    real = os.path.realpath(sys.argv[0])
    child = subprocess.Popen([sys.executable, real, *sys.argv[1:]], env={**os.environ, "FAKE_NGROK_MODE": "ok"})
    with open(os.path.join(os.path.dirname(sys.argv[0]), "inner.pid"), "w", encoding="utf-8") as file:
        file.write(str(child.pid))
    sys.exit(child.wait())


def main():
    addr, flags = options(sys.argv[1:])
    record_call("NGROK_AUTHTOKEN")
    if MODE == "wrapped":
        run_wrapped()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN if MODE == "stubborn" else terminated)
    if MODE == "noise":
        print("panic: not really\n{not json", flush=True)
    log("open config file", path="/home/somebody/.config/ngrok/ngrok.yml", err="nil")
    serve_agent_api()
    if MODE == "no-token":
        die(NO_TOKEN)
    if MODE == "bad-token":
        die(BAD_TOKEN.format(token=os.environ.get("NGROK_AUTHTOKEN", "")))
    if MODE == "old-agent":
        die(OLD_AGENT)
    if MODE == "already-online":
        die(ONLINE)
    if MODE == "never-up":
        never_up()
    Proxy.after_forward = staticmethod(on_forwarded)
    Proxy.unreachable = ([("Ngrok-Error-Code", "ERR_NGROK_8012")], b"ERR_NGROK_8012: the upstream does not answer\n")
    public_url = serve_proxy(urlsplit(addr))
    announce(addr, flags.get("--url") or public_url)
    if MODE == "dies-later" and os.environ.get("FAKE_NGROK_LIFETIME"):
        threading.Timer(float(os.environ["FAKE_NGROK_LIFETIME"]), die, args=(TOO_MANY,)).start()
    while True:
        signal.pause()


if __name__ == "__main__":
    main()
