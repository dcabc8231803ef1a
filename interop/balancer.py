"""A small load balancer before studios: each request goes to the next one that is there. It sends nothing twice: what a studio
that died over it may have done is for the caller to find out (502)."""

import http.client
import http.server
import itertools
import threading
import urllib.parse

HOP = {"connection", "keep-alive", "transfer-encoding", "te", "upgrade", "content-length"}


class Balancer:
    """Listens on a free port of this machine at `address`."""

    def __init__(self):
        self.studios, self.turn, self.handled = [], itertools.count(), {}
        balancer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def pass_on(self):
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                connection = balancer.connect()
                if connection is None:
                    return self.answer(503, [], b"no studio is there")
                try:
                    headers = {name: value for name, value in self.headers.items() if name.lower() not in HOP}
                    connection.request(self.command, self.path, body, headers)
                    answer = connection.getresponse()
                    data = answer.read()
                except (OSError, http.client.HTTPException):
                    return self.answer(502, [], b"the studio died over it")
                finally:
                    connection.close()
                self.answer(answer.status, [h for h in answer.getheaders() if h[0].lower() not in HOP], data)

            do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = pass_on

            def answer(self, status, headers, data):
                self.send_response(status)
                for name, value in headers:
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(data)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def connect(self):
        """A connection to the next studio that takes one."""
        for _ in range(len(self.studios)):
            studio = self.studios[next(self.turn) % len(self.studios)]
            place = urllib.parse.urlsplit(studio.addresses.get("page", "http://127.0.0.1:1"))
            connection = http.client.HTTPConnection(place.hostname, place.port, timeout=60)
            try:
                connection.connect()
            except OSError:
                continue
            self.handled[studio] = self.handled.get(studio, 0) + 1
            return connection
        return None

    def close(self):
        self.server.shutdown()
        self.server.server_close()
