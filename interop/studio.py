"""The built studio as a process: started on free ports with folders of its own, asked over HTTP, killed without a chance to tidy.

Nothing of the caller's environment reaches it: every variable that could name a real account is emptied, so that no test can
ever spend money, whatever `.env` lies in the checkout.
"""

import json
import os
import re
import shlex
import signal
import subprocess
import threading
import time
from pathlib import Path

import requests

CHECKOUT = Path(__file__).resolve().parent.parent
BINARY = Path(os.environ.get("STUDIO_BIN", CHECKOUT / "target/debug/actor_maker"))

# set but empty: `.env` does not fill them, and an empty value counts as not configured
ACCOUNTS = (
    "S3_USER_BUCKET AWS_ASSETS_BUCKET AWS_ACCESS_KEY_ID AWS_ACCESS_KEY AWS_SECRET_ACCESS_KEY AWS_ACCESS_SECRET S3_REGION AWS_REGION "
    "AWS_ENDPOINT_URL_S3 MODEL_TRAINING_RUNPOD_ENDPOINT_ID MODEL_TRAINING_RUNPOD_API_KEY RUNPOD_API_KEY RUNPOD_ENDPOINT_BASE_URL "
    "DOCUMENTS DOCUMENTS_PREFIX DOCUMENTS_COPY PUBLIC_URL NGROK_AUTHTOKEN NGROK_URL NGROK_BIN CLOUDFLARED_BIN HOST ADMIN_PASSWORD REHEARSAL_FAULTS"
).split()
PORTS = {"PORT": "page", "WEBHOOK_PORT": "webhook", "REHEARSAL_S3_PORT": "s3", "REHEARSAL_RUNPOD_PORT": "trainer"}
START_SECONDS = 30


def deliver(url, body):
    """Sends a webhook as RunPod does."""
    data = body if isinstance(body, bytes) else json.dumps(body)
    return requests.post(url, data=data, headers={"Content-Type": "application/json"}, timeout=30)


class Studio:
    """One studio on two folders, startable again after its end."""

    def __init__(self, folder, state, **variables):
        self.folder, self.state, self.variables = Path(folder), Path(state), variables
        self.ports = dict.fromkeys(PORTS, "0")
        self.process, self.addresses, self.log = None, {}, []
        # carries the cookie of a sign-in
        self.session = requests

    def environment(self):
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("LEPTOS_", "REHEARSAL_"))}
        folders = {"ACTOR_MAKER_DIR": str(self.folder), "STATE_DIR": str(self.state)}
        speed = {"REHEARSAL_STEPS_PER_SECOND": "100000"}
        return {**clean, **dict.fromkeys(ACCOUNTS, ""), **self.ports, **folders, **speed, **self.variables}

    def start(self):
        """Starts it and waits until it has said where it is and answers there."""
        self.process = subprocess.Popen([BINARY], cwd=CHECKOUT, env=self.environment(), text=True,
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True)
        self.addresses, announced = {}, threading.Event()
        threading.Thread(target=self._read, args=(self.process.stdout, announced), daemon=True).start()
        if not announced.wait(START_SECONDS) or len(self.addresses) < len(PORTS):
            self.kill()
            raise AssertionError("the studio did not start:\n" + "".join(self.log[-30:]))
        # with a password it answers by asking for it
        self.wait_until(lambda: self.get("/api/health").status_code < 500, what="an answer of /api/health")
        return self

    def _read(self, stream, announced):
        for line in stream:
            self.log.append(line)
            found = re.match(r"  (page|webhook|s3|trainer) .*?(http://[^\s,]+)", line)
            if found:
                self.addresses[found[1]] = found[2]
            if line.startswith("  state "):
                announced.set()
        announced.set()

    def kill(self):
        """As a power cut would: SIGKILL, nothing is flushed or said."""
        if self.process and self.process.poll() is None:
            os.kill(self.process.pid, signal.SIGKILL)
        if self.process:
            self.process.wait()

    def keep_ports(self):
        """The next start takes the ports of this one."""
        for variable, name in PORTS.items():
            self.ports[variable] = re.search(r":(\d+)", self.addresses[name].removeprefix("http:"))[1]

    def env(self):
        """The variables of `rehearsal.env`, as a shell would source them."""
        lines = (self.state / "rehearsal.env").read_text().splitlines()
        words = [shlex.split(line.removeprefix("export "))[0] for line in lines if line.startswith("export ")]
        return dict(word.split("=", 1) for word in words)

    # ---------------------------------------------------------------- asking it

    def ask(self, method, path, **arguments):
        return self.session.request(method, self.addresses["page"] + path, timeout=60, **arguments)

    def get(self, path, **arguments):
        return self.ask("GET", path, **arguments)

    def json(self, method, path, expected=200, **arguments):
        """The JSON answer of a call that must end with this status."""
        answer = self.ask(method, path, **arguments)
        assert answer.status_code == expected, f"{method} {path}: {answer.status_code} {answer.text[:600]}"
        return answer.json() if answer.content else None

    def jobs(self):
        """What the trainer's endpoint was sent, as it has it."""
        env = self.env()
        url = f"{env['RUNPOD_ENDPOINT_BASE_URL']}/{env['MODEL_TRAINING_RUNPOD_ENDPOINT_ID']}/requests"
        answer = requests.get(url, headers={"Authorization": f"Bearer {env['RUNPOD_API_KEY']}"}, timeout=30)
        assert answer.ok, answer.text
        return answer.json()["requests"]

    def versions(self, style):
        return self.json("GET", f"/api/styles/{style}/training-versions")["versions"]

    def settled(self, style, seconds=60):
        """All versions of the style, once none of them is unfinished."""
        def finished():
            versions = self.versions(style)
            return versions if all(v["status"] not in ("pending", "training") for v in versions) else None
        return self.wait_until(finished, seconds, "the end of every run")

    def wait_until(self, condition, seconds=30, what="the condition"):
        """The first true answer of `condition`; while the studio is not there it counts as false."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            try:
                answer = condition()
            except requests.ConnectionError:
                answer = None
            if answer:
                return answer
            threading.Event().wait(0.05)
        raise AssertionError(f"{what} did not come about within {seconds} s:\n" + "".join(self.log[-30:]))
