"""A RunPod that takes jobs, writes down what it was sent and never finishes anything: for looking at requests and sending webhooks by hand."""

import http.server
import json
import threading
import urllib.parse
import uuid


class RunpodRecorder:
    """Listens on a free port of this machine. `submitted` holds `{"id", "headers", "body"}` of each `/run`."""

    def __init__(self):
        self.submitted, self.asked = [], []
        recorder = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                recorder.asked.append(f"POST {self.path}")
                if self.path == "/v2/endpoint1/run":
                    job = {"id": f"{uuid.uuid4()}-u1", "headers": {name.lower(): value for name, value in self.headers.items()}, "body": json.loads(body)}
                    recorder.submitted.append(job)
                    return self.answer(200, {"id": job["id"], "status": "IN_QUEUE"})
                self.answer(404, {"status": 404, "title": "Not Found"})

            def do_GET(self):
                recorder.asked.append(f"GET {self.path}")
                asked = urllib.parse.unquote(self.path)
                for job in recorder.submitted:
                    if asked == f"/v2/endpoint1/status/{job['id']}":
                        return self.answer(200, {"id": job["id"], "status": "IN_PROGRESS"})
                self.answer(404, {"status": 404, "title": "Not Found"})

            def answer(self, status, body):
                data = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def variables(self):
        """The environment of a studio that takes this for RunPod."""
        return {"RUNPOD_ENDPOINT_BASE_URL": f"http://127.0.0.1:{self.server.server_address[1]}/v2",
                "MODEL_TRAINING_RUNPOD_ENDPOINT_ID": "endpoint1", "RUNPOD_API_KEY": "rpa_s3cr3t-value",
                "PUBLIC_URL": "https://studio.example.com"}

    def close(self):
        self.server.shutdown()
        self.server.server_close()
