#!/usr/bin/env python3
"""With --auth a signature must be right: botocore signs, in headers, in presigned addresses and chunk by chunk."""
import datetime
import hashlib
import hmac
import json
import re
import sys
import time
import unittest
import unittest.mock
import urllib.error
import urllib.request

try:
    import botocore.auth
    import botocore.awsrequest
    import botocore.config
    import botocore.credentials
    import botocore.exceptions
    import botocore.session
except ImportError:
    print("skipped: python3-botocore is not installed")
    sys.exit(77)

from enibox import EniboxTest

KEY, SECRET = "AKIDENIBOX", "s3cret/with+odd=characters"
FORM = "application/x-www-form-urlencoded"


def moved_clock(seconds):
    """botocore's idea of now, that far off."""
    moment = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)
    if hasattr(botocore.auth, "get_current_datetime"):
        naive = moment.replace(tzinfo=None)
        return unittest.mock.patch("botocore.auth.get_current_datetime",
                                   lambda remove_tzinfo=True: naive if remove_tzinfo else moment)
    clock = unittest.mock.MagicMock(wraps=datetime.datetime)
    clock.utcnow.return_value = moment.replace(tzinfo=None)
    return unittest.mock.patch("botocore.auth.datetime.datetime", clock)


def fetch(url, body=None, headers=None):
    request = urllib.request.Request(url, data=body, headers=headers or {})
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


class AuthTest(EniboxTest):
    def setUp(self):
        super().setUp()
        self.daemon = self.serve("--auth", f"{KEY}:{SECRET}")
        self.endpoint = f"http://127.0.0.1:{self.daemon.port}"

    def client(self, service, key=KEY, secret=SECRET, token=None):
        session = botocore.session.Session()
        session.set_credentials(key, secret, token)
        return session.create_client(
            service, "us-east-1", endpoint_url=self.endpoint,
            config=botocore.config.Config(retries={"total_max_attempts": 1}))

    def refusal(self, client, operation):
        with self.assertRaises(botocore.exceptions.ClientError) as raised:
            client._make_api_call(operation, {})
        response = raised.exception.response
        return (response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Code"],
                response["Error"]["Message"])

    ASKED = (("sts", "GetCallerIdentity"), ("iam", "ListRoles"), ("ec2", "DescribeVpcs"),
             ("ecs", "ListClusters"), ("logs", "DescribeLogGroups"), ("cloudwatch", "ListMetrics"))

    def test_a_right_signature_passes_in_every_protocol(self):
        for service, operation in self.ASKED:
            with self.subTest(service):
                self.client(service)._make_api_call(operation, {})
        self.client("sts", "AKID/with/slash", "x")  # not a key of ours, but a readable one
        self.assertEqual(self.refusal(self.client("sts", "AKID/with/slash", "x"),
                                      "GetCallerIdentity")[1], "InvalidClientTokenId")

    def test_a_wrong_secret_is_refused_as_each_service_does(self):
        wanted = {"sts": (403, "SignatureDoesNotMatch"), "iam": (403, "SignatureDoesNotMatch"),
                  "ec2": (401, "AuthFailure"), "ecs": (400, "InvalidSignatureException"),
                  "logs": (400, "InvalidSignatureException")}
        for service, operation in self.ASKED:
            with self.subTest(service):
                status, code, message = self.refusal(self.client(service, secret="wrong"), operation)
                if service in wanted:
                    self.assertEqual((status, code), wanted[service])
                if service != "ec2":
                    self.assertTrue(message.startswith("The request signature we calculated"))

    def test_an_unknown_key_is_refused_as_each_service_does(self):
        wanted = {"sts": (403, "InvalidClientTokenId"), "ec2": (401, "AuthFailure"),
                  "ecs": (400, "UnrecognizedClientException")}
        for service, operation in self.ASKED:
            if service not in wanted:
                continue
            with self.subTest(service):
                status, code, message = self.refusal(self.client(service, key="AKIDOTHER"), operation)
                self.assertEqual((status, code), wanted[service])
                if service != "ec2":
                    self.assertEqual(message, "The security token included in the request is invalid.")

    def test_the_clock_window_is_five_minutes(self):
        sts, ecs, ec2 = self.client("sts"), self.client("ecs"), self.client("ec2")
        for seconds in (-270, 270):
            with moved_clock(seconds):
                sts.get_caller_identity()
        with moved_clock(-360):
            status, code, message = self.refusal(sts, "GetCallerIdentity")
            self.assertEqual((status, code), (403, "SignatureDoesNotMatch"))
            self.assertRegex(message, r"^Signature expired: \d{8}T\d{6}Z is now earlier than "
                                      r"\d{8}T\d{6}Z \(\d{8}T\d{6}Z - 5 min\.\)$")
            self.assertEqual(self.refusal(ecs, "ListClusters")[1], "InvalidSignatureException")
            self.assertEqual(self.refusal(ec2, "DescribeVpcs")[1:],
                             ("RequestExpired", "Request has expired."))
        with moved_clock(360):
            self.assertRegex(self.refusal(sts, "GetCallerIdentity")[2], "^Signature not yet current: ")

    def test_session_credentials_sign_with_their_token(self):
        role = self.client("sts").assume_role(RoleArn="arn:aws:iam::000000000000:role/r",
                                              RoleSessionName="me")
        keys = role["Credentials"]
        mine = (keys["AccessKeyId"], keys["SecretAccessKey"])
        who = self.client("sts", *mine, keys["SessionToken"]).get_caller_identity()
        self.assertEqual(who["Arn"], role["AssumedRoleUser"]["Arn"])
        for token in (None, "wrong"):
            self.assertEqual(self.refusal(self.client("sts", *mine, token), "GetCallerIdentity")[:2],
                             (403, "InvalidClientTokenId"))

    def test_presigned_addresses(self):
        url = self.client("sts").generate_presigned_url(
            "get_caller_identity", ExpiresIn=60, HttpMethod="GET")
        status, text = fetch(url)
        self.assertEqual(status, 200, text)
        self.assertIn("<Account>000000000000</Account>", text)
        status, text = fetch(re.sub(r"(X-Amz-Signature=)(.)",
                                    lambda m: m[1] + ("0" if m[2] != "0" else "1"), url))
        self.assertEqual((status, "SignatureDoesNotMatch" in text), (403, True), text)
        self.assertEqual(fetch(url.replace("X-Amz-Expires=60", "X-Amz-Expires=61"))[0], 403)
        status, text = fetch(re.sub(r"&X-Amz-Date=[^&]*", "", url))
        self.assertEqual((status, "IncompleteSignature" in text), (400, True), text)
        with moved_clock(-90):
            old = self.client("sts").generate_presigned_url(
            "get_caller_identity", ExpiresIn=60, HttpMethod="GET")
        status, text = fetch(old)
        self.assertEqual((status, "Signature expired" in text), (403, True), text)

    def test_what_is_not_signed_is_refused(self):
        body = b"Action=GetCallerIdentity&Version=2011-06-15"
        status, text = fetch(self.endpoint, body, {"Content-Type": FORM})
        self.assertEqual((status, "MissingAuthenticationToken" in text), (403, True), text)
        for header in ("nonsense", "AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=host, Signature=0",
                       "AWS4-HMAC-SHA256 SignedHeaders=host"):
            status, text = fetch(self.endpoint, body, {"Content-Type": FORM, "Authorization": header,
                                                       "X-Amz-Date": "20260101T000000Z"})
            self.assertEqual((status, "IncompleteSignature" in text), (400, True), text)
        self.assertEqual(fetch(self.endpoint + "/_enibox/health")[0], 200)
        self.assertEqual(fetch(self.endpoint + "/_enibox/reset", b"", {"Authorization": "x"})[0], 400)
        self.assertEqual(fetch(self.endpoint + "/_enibox/coverage", None, {"Authorization": "x"})[0], 400)

    def test_a_changed_body_or_header_breaks_the_signature(self):
        request = self.signed("sts", b"Action=GetCallerIdentity&Version=2011-06-15", {})
        self.assertEqual(fetch(request.url, request.body, dict(request.headers))[0], 200)
        longer = {name: value for name, value in request.headers.items() if name != "Content-Length"}
        status, text = fetch(request.url, request.body + b"&x=1", longer)
        self.assertEqual((status, "SignatureDoesNotMatch" in text), (403, True), text)
        status, text = fetch(request.url + "?x=1", request.body, dict(request.headers))
        self.assertEqual((status, "SignatureDoesNotMatch" in text), (403, True), text)

    def signed(self, service, body, headers, auth=botocore.auth.SigV4Auth):
        request = botocore.awsrequest.AWSRequest(
            "POST", self.endpoint + "/", data=body, headers={"Content-Type": FORM, **headers})
        credentials = botocore.credentials.Credentials(KEY, SECRET)
        auth(credentials, service, "us-east-1").add_auth(request)
        return request.prepare()

    def test_chunks_are_signed_one_by_one(self):
        class Streaming(botocore.auth.SigV4Auth):
            def payload(self, request):
                return request.headers["X-Amz-Content-SHA256"]

        pieces = [b"Action=GetCaller", b"Identity&Version=2011-06-15", b""]
        request = self.signed("sts", b"", {
            "X-Amz-Content-SHA256": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
            "Content-Encoding": "aws-chunked"}, Streaming)
        date = request.headers["X-Amz-Date"]
        scope = f"{date[:8]}/us-east-1/sts/aws4_request"
        key = ("AWS4" + SECRET).encode()
        for part in scope.split("/"):
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        previous = re.search(r"Signature=(\w+)", request.headers["Authorization"])[1]
        body = b""
        for piece in pieces:
            text = "\n".join(("AWS4-HMAC-SHA256-PAYLOAD", date, scope, previous,
                              hashlib.sha256(b"").hexdigest(), hashlib.sha256(piece).hexdigest()))
            previous = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
            body += f"{len(piece):x};chunk-signature={previous}\r\n".encode() + piece + b"\r\n"
        headers = {**request.headers, "Content-Length": str(len(body))}
        status, text = fetch(request.url, body, headers)
        self.assertEqual((status, "<Account>" in text), (200, True), text)
        status, text = fetch(request.url, body.replace(b"Identity", b"identity"), headers)
        self.assertEqual((status, "SignatureDoesNotMatch" in text), (403, True), text)

    def test_a_compressed_body_is_signed_as_it_is_sent(self):
        cloudwatch = self.client("cloudwatch")
        data = [{"MetricName": f"metric-{i}", "Value": i, "Dimensions": [
            {"Name": "long", "Value": "x" * 100}]} for i in range(300)]
        cloudwatch.put_metric_data(Namespace="app", MetricData=data)
        pages = cloudwatch.get_paginator("list_metrics").paginate(Namespace="app")
        self.assertEqual(sum(len(page["Metrics"]) for page in pages), 300)


if __name__ == "__main__":
    unittest.main()
