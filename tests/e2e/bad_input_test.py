#!/usr/bin/env python3
"""Nothing a client sends takes the daemon down or leaves something half-made; each error is AWS's or a clear one."""
import hashlib
import io
import json
import os
import pathlib
import socket
import subprocess
import tarfile
import tempfile
import unittest
import urllib.error
import urllib.parse
import urllib.request

ENDPOINT = os.environ["ENDPOINT"]
BUILD = os.environ.get("ENIBOX_BUILD", "build")
HOST, PORT = ENDPOINT.removeprefix("http://").split(":")
ECS = "AmazonEC2ContainerServiceV20141113."


def credential(service):
    return (f"AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/{service}/aws4_request, "
            "SignedHeaders=host, Signature=0")


def send(body, headers, path="/", method="POST"):
    """Status and text of the answer."""
    request = urllib.request.Request(ENDPOINT + path, data=body, headers=headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def ecs(operation, body, **headers):
    """Status, error name, message."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    status, text = send(data, {"X-Amz-Target": ECS + operation, "Authorization": credential("ecs"),
                               "Content-Type": "application/x-amz-json-1.1", **headers})
    answer = json.loads(text) if text else {}
    name = answer.get("__type", "").split("#")[-1]
    return status, name, answer.get("message", answer.get("Message", "")) if name else answer


def ec2(action, **parameters):
    query = urllib.parse.urlencode({"Action": action, "Version": "2016-11-15", **parameters}).encode()
    return send(query, {"Authorization": credential("ec2"),
                        "Content-Type": "application/x-www-form-urlencoded"})


def raw(data):
    """Everything that comes back until the other side closes or is silent for a moment."""
    with socket.create_connection((HOST, int(PORT)), timeout=3) as connection:
        connection.sendall(data)
        received = b""
        try:
            while part := connection.recv(65536):
                received += part
        except (TimeoutError, ConnectionResetError):
            pass
        return received


class BadInput(unittest.TestCase):
    def tearDown(self):
        status, text = send(None, {}, "/_enibox/health", "GET")
        self.assertEqual((status, json.loads(text)["status"]), (200, "ok"))

    def test_bodies_that_are_no_json(self):
        for body in (b"{", b"[]", b'"text"', b"\xff\xfe\x00", b'{"cluster":', b"[" * 100_000):
            status, name, _ = ecs("RunTask", body)
            self.assertEqual((status, name), (400, "SerializationException"), body[:20])

    def test_wrong_types(self):
        for body in ({"clusters": "text"}, {"clusters": [1]}, {"include": {"a": 1}}):
            status, name, _ = ecs("DescribeClusters", body)
            self.assertEqual(status, 400, body)
            self.assertIn(name, ("SerializationException", "ValidationException", "InvalidParameterException", "ClientException"))
        status, name, _ = ecs("RunTask", {"taskDefinition": "x", "count": "many"})
        self.assertEqual((status, name), (400, "SerializationException"))

    def test_operations_that_are_not_served_are_named(self):
        status, _, message = ecs("CreateTaskSet", {})
        self.assertEqual(status, 501)
        self.assertIn("CreateTaskSet", message)
        status, name, _ = ecs("NoSuchOperation", {})
        self.assertIn((status, name), ((400, "UnknownOperationException"), (404, "UnknownOperationException")))
        status, text = ec2("NoSuchAction")
        self.assertEqual(status, 400)
        self.assertIn("<Code>InvalidAction</Code>", text)

    def test_who_asks(self):
        headers = {"X-Amz-Target": ECS + "ListClusters", "Content-Type": "application/x-amz-json-1.1"}
        status, text = send(b"{}", headers)
        self.assertEqual(status, 400)
        self.assertIn("MissingAuthenticationToken", text)
        headers["Authorization"] = credential("ecs")
        for lie in ({"Host": "evil.example"}, {"Origin": "http://evil.example"}):
            self.assertEqual(send(b"{}", {**headers, **lie})[0], 403, lie)
        self.assertEqual(send(b"", {"Origin": "http://evil.example"}, "/_enibox/reset")[0], 403)

    def test_clients_that_vanish(self):
        head = (f"POST / HTTP/1.1\r\nHost: {HOST}:{PORT}\r\nX-Amz-Target: {ECS}CreateCluster\r\n"
                f"Authorization: {credential('ecs')}\r\nContent-Length: 1000\r\n\r\n").encode()
        for _ in range(50):
            with socket.create_connection((HOST, int(PORT))) as connection:
                connection.sendall(head + b'{"clusterName":"half')
        status, _, answer = ecs("ListClusters", {})
        self.assertEqual((status, [arn for arn in answer["clusterArns"] if "half" in arn]), (200, []))

    def test_what_is_no_http(self):
        for noise in (b"\0" * 5000, b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"A" * 100_000,
                      b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
                      b"POST / HTTP/1.1\r\nContent-Length: 99999999999999\r\n\r\n"):
            answer = raw(noise)
            self.assertTrue(answer == b"" or answer.startswith((b"HTTP/1.1 4", b"HTTP/1.1 5", b"HTTP/1.0 4")), answer[:60])

    def test_a_data_channel_nobody_was_promised(self):
        upgrade = (f"GET /v1/data-channel/nobody-0123456789abcdef0?role=publish_subscribe HTTP/1.1\r\nHost: {HOST}:{PORT}\r\n"
                   "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                   "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n").encode()
        answer = raw(upgrade)
        self.assertNotIn(b"agent_session_state", answer)

    def test_unknown_things_have_their_errors(self):
        ecs("CreateCluster", {"clusterName": "bad-input"})
        cluster, task = "bad-input", "0123456789abcdef0123456789abcdef"
        not_found = (400, "ClusterNotFoundException", "Cluster not found.")
        for operation, body in (("ListTasks", {}), ("RunTask", {"taskDefinition": "x"}), ("DescribeTasks", {"tasks": [task]}),
                                ("StopTask", {"task": task})):
            self.assertEqual(ecs(operation, {"cluster": "nowhere", **body}), not_found, operation)
        self.assertEqual(ecs("StopTask", {"cluster": cluster, "task": task}),
                         (400, "InvalidParameterException", "The referenced task was not found."))
        status, _, answer = ecs("DescribeTasks", {"cluster": cluster, "tasks": [task]})
        self.assertEqual((status, answer["failures"][0]["reason"]), (200, "MISSING"))
        status, name, _ = ecs("ExecuteCommand", {"cluster": cluster, "task": task, "command": "sh", "interactive": True})
        self.assertEqual((status, name), (400, "InvalidParameterException"))
        self.assertEqual(ecs("DescribeTaskDefinition", {"taskDefinition": "none"}),
                         (400, "ClientException", "Unable to describe task definition."))
        for action, parameters, code in (
                ("DescribeSubnets", {"SubnetId.1": "subnet-0123456789abcdef0"}, "InvalidSubnetID.NotFound"),
                ("DescribeSecurityGroups", {"GroupId.1": "sg-0123456789abcdef0"}, "InvalidGroup.NotFound"),
                ("DescribeInstances", {"InstanceId.1": "i-0123456789abcdef0"}, "InvalidInstanceID.NotFound"),
                ("DescribeInstances", {"InstanceId.1": "nonsense"}, "InvalidInstanceID.Malformed"),
                ("DeleteVpc", {"VpcId": "vpc-0123456789abcdef0"}, "InvalidVpcID.NotFound"),
                ("AuthorizeSecurityGroupIngress", {"GroupId": "sg-0123456789abcdef0", "IpPermissions.1.IpProtocol": "-1",
                                                   "IpPermissions.1.IpRanges.1.CidrIp": "0.0.0.0/0"}, "InvalidGroup.NotFound"),
                ("CreateSubnet", {"VpcId": "vpc-0123456789abcdef0", "CidrBlock": "10.0.0.0/24"}, "InvalidVpcID.NotFound")):
            status, text = ec2(action, **parameters)
            self.assertEqual(status, 400, action)
            self.assertIn(f"<Code>{code}</Code>", text, action)

    def hostile_archives(self, directory):
        def archive(name, *members):
            file = directory / name
            with tarfile.open(file, "w") as tar:
                for member, data in members:
                    member.size = len(data)
                    tar.addfile(member, io.BytesIO(data))
            return file

        def plain(name, data=b"x"):
            return tarfile.TarInfo(name), data

        def link(name, target):
            info = tarfile.TarInfo(name)
            info.type, info.linkname = tarfile.SYMTYPE, target
            return info, b""

        def image(layer):
            config = json.dumps({"architecture": "amd64", "os": "linux", "config": {},
                                 "rootfs": {"type": "layers", "diff_ids": ["sha256:" + hashlib.sha256(layer).hexdigest()]}}).encode()
            manifest = json.dumps([{"Config": "config.json", "RepoTags": ["hostile:1"], "Layers": ["layer.tar"]}]).encode()
            return plain("manifest.json", manifest), plain("config.json", config), plain("layer.tar", layer)

        for name, member in (("dotdot", plain("../../../../tmp/enibox-hostile")), ("absolute", plain("/tmp/enibox-hostile"))):
            layer = archive("layer", member).read_bytes()
            yield archive(name + ".tar", *image(layer))
        layer = archive("layer", link("out", "/tmp"), plain("out/enibox-hostile")).read_bytes()
        yield archive("link.tar", *image(layer))
        whole = archive("whole.tar", *image(b"")).read_bytes()
        for length in (0, 100, 700):
            cut = directory / f"cut-{length}.tar"
            cut.write_bytes(whole[:length])
            yield cut
        yield archive("outside.tar", plain("manifest.json", json.dumps(
            [{"Config": "../../../../etc/passwd", "RepoTags": ["hostile:1"], "Layers": []}]).encode()))

    def test_hostile_images(self):
        with tempfile.TemporaryDirectory() as name:
            directory = pathlib.Path(name)
            store = directory / "store"
            for file in self.hostile_archives(directory):
                result = subprocess.run([f"{BUILD}/enibox", "image", "import", str(file), "--store", str(store)],
                                        capture_output=True, text=True, timeout=30)
                self.assertEqual(result.returncode, 1, f"{file.name}: {result.stdout}{result.stderr}")
                self.assertNotEqual(result.stderr, "", file.name)
                self.assertFalse(pathlib.Path("/tmp/enibox-hostile").exists(), file.name)
                left = [str(path) for path in store.rglob("*") if path.is_file() and path.name not in ("lock", "in-use", "index.json")]
                self.assertEqual(left, [], file.name)
            listed = subprocess.run([f"{BUILD}/enibox", "image", "ls", "--store", str(store)], capture_output=True, text=True)
            self.assertNotIn("hostile", listed.stdout)


if __name__ == "__main__":
    unittest.main(verbosity=2)
