"""One kept-alive connection that speaks aws-json and the EC2 query protocol, with as little of its own as can be."""

import json
import re
import socket
import time
import urllib.parse

PATIENCE = 20.0
TARGETS = {"ecs": "AmazonEC2ContainerServiceV20141113", "ssm": "AmazonSSM"}


class Client:
    """Requests look signed; neither Enibox (without --auth) nor moto verifies the signature."""

    def __init__(self, port):
        self.port = port
        self.socket = None
        self.reconnects = 0

    def connect(self, deadline=None):
        """Tries until somebody listens, or fails at `deadline` (time.monotonic())."""
        while True:
            try:
                self.socket = socket.create_connection(("127.0.0.1", self.port), PATIENCE)
                self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                return
            except OSError:
                if deadline is None or time.monotonic() > deadline:
                    raise
                time.sleep(0.0002)

    def close(self):
        if self.socket:
            self.socket.close()
            self.socket = None

    def request(self, service, operation, body):
        """The bytes of a request, to be sent as often as one likes."""
        scope = f"Credential=test/20260101/us-east-1/{service}/aws4_request"
        headers = {
            "Host": f"127.0.0.1:{self.port}",
            "Authorization": f"AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature={'0' * 64}",
            "X-Amz-Date": "20260101T000000Z",
        }
        if service == "ec2":
            text = urllib.parse.urlencode({"Action": operation, "Version": "2016-11-15", **body})
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        else:
            text = json.dumps(body)
            headers["Content-Type"] = "application/x-amz-json-1.1"
            headers["X-Amz-Target"] = f"{TARGETS[service]}.{operation}"
        headers["Content-Length"] = str(len(text))
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        return f"POST / HTTP/1.1\r\n{head}\r\n{text}".encode()

    def exchange(self, request):
        """(status, body) of the answer."""
        if self.socket is None:
            self.connect()
        self.socket.sendall(request)
        return self.read_answer()

    def read_answer(self, whole=False):
        got = self.receive(b"")
        while (end := got.find(b"\r\n\r\n")) < 0:
            got = self.receive(got)
        head = got[:end].lower()
        length = int(re.search(rb"content-length: *(\d+)", head).group(1))
        while len(got) < end + 4 + length:
            got = self.receive(got)
        if b"connection: close" in head:
            self.close()
            self.reconnects += 1
        if whole:
            return len(got)
        return int(head.split(None, 2)[1]), got[end + 4 :]

    def answer_size(self, request):
        """Bytes of the whole answer, head and all."""
        if self.socket is None:
            self.connect()
        self.socket.sendall(request)
        return self.read_answer(whole=True)

    def take(self, size):
        while size > 0:
            part = self.socket.recv(65536)
            if not part:
                raise ConnectionError("the server closed the connection in the middle of an answer")
            size -= len(part)

    def receive(self, so_far):
        part = self.socket.recv(65536)
        if not part:
            raise ConnectionError("the server closed the connection in the middle of an answer")
        return so_far + part

    def call(self, service, operation, body):
        status, answer = self.exchange(self.request(service, operation, body))
        if status != 200:
            raise RuntimeError(f"{operation}: {status} {answer[:500].decode(errors='replace')}")
        return answer.decode() if service == "ec2" else json.loads(answer)

    def ec2(self, operation, **body):
        return self.call("ec2", operation, body)

    def ecs(self, operation, **body):
        return self.call("ecs", operation, body)


def element(xml, name):
    """The text of the first such element."""
    return re.search(rf"<{name}>([^<]+)</{name}>", xml).group(1)
