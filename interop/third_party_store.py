"""moto's S3 server, somebody else's implementation of the protocol: as it is, or made to ignore the conditions of writes."""

import threading

import boto3
from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server

BUCKET = "third-party"
CONDITIONS = ("HTTP_IF_MATCH", "HTTP_IF_NONE_MATCH")


class ThirdPartyStore:
    """Listens on a free port of this machine. Takes one request at a time: moto checks a condition and writes in two steps."""

    def __init__(self, ignores_conditions=False):
        moto = DomainDispatcherApplication(create_backend_app)

        def app(environ, start_response):
            if ignores_conditions and environ["REQUEST_METHOD"] == "PUT":
                for condition in CONDITIONS:
                    environ.pop(condition, None)
            return moto(environ, start_response)

        self.server = make_server("127.0.0.1", 0, app, threaded=False)
        self.address = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.bucket().create()

    def bucket(self):
        resource = boto3.resource("s3", endpoint_url=self.address, region_name="us-east-1",
                                  aws_access_key_id="key", aws_secret_access_key="secret")
        return resource.Bucket(BUCKET)

    def variables(self):
        """The environment of a studio that keeps everything there."""
        return {"S3_USER_BUCKET": BUCKET, "AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret",
                "S3_REGION": "us-east-1", "AWS_ENDPOINT_URL_S3": self.address}

    def close(self):
        self.server.shutdown()
        self.server.server_close()
