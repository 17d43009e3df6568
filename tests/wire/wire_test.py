#!/usr/bin/env python3
"""Every listed operation, judged by botocore: it builds the requests our codecs read, and it reads
the answers our codecs build.

    wire_test.py CODEC [unittest arguments]     CODEC is the built wire_codec
"""

import base64
import copy
import datetime
import io
import json
import pathlib
import subprocess
import sys
import unittest

try:
    import botocore.awsrequest
    import botocore.config
    import botocore.exceptions
    import botocore.serialize
    import botocore.session
except ImportError:
    print("skipped: python3-botocore is not installed")
    sys.exit(77)

from samples import HOSTILE, MOMENT, Maker

MODELS = pathlib.Path(__file__).resolve().parents[2] / "api" / "models"
CBOR = "smithy-rpc-v2-cbor"
SERVICES = sorted(path.stem for path in MODELS.glob("*.ops"))


def spoken():
    """(service, protocol) for every protocol a service is served in; None: botocore's choice."""
    for service in SERVICES:
        metadata = json.loads((MODELS / f"{service}.json").read_text())["metadata"]
        protocols = metadata.get("protocols", [])
        if len(protocols) > 1:
            yield from ((service, protocol) for protocol in protocols)
        else:
            yield service, None
            if metadata["protocol"] == "json":
                yield service, CBOR  # which its clients may begin to speak any day


def listed(service):
    lines = (line.split("#")[0].strip() for line in (MODELS / f"{service}.ops").open())
    return [line for line in lines if line]


NULL_NAME = "1 validation error detected: Value null at 'name' failed to satisfy constraint: Member must not be null"
REFUSALS = (
    (("ssm", None), "GetParameter", {}, "ValidationException", NULL_NAME),
    (("ssm", CBOR), "GetParameter", {}, "ValidationException", NULL_NAME),
    (("logs", None), "CreateLogGroup", {"logGroupName": "a b"}, "InvalidParameterException",
     "1 validation error detected: Value at 'logGroupName' failed to satisfy constraint: Member must satisfy regular "
     "expression pattern: [\\.\\-_/#A-Za-z0-9]+"),
    (("logs", CBOR), "GetLogEvents", {"logStreamName": "s", "limit": 10_001}, "InvalidParameterException",
     "1 validation error detected: Value '10001' at 'limit' failed to satisfy constraint: Member must have value less "
     "than or equal to 10000"),
    (("ecs", None), "RunTask", {}, "InvalidParameterException", "TaskDefinition can not be blank."),
    (("ec2", None), "CreateSubnet", {}, "MissingParameter", "The request must contain the parameter VpcId"),
    (("ec2", None), "DescribeSubnets", {"MaxResults": 4}, "InvalidParameterValue",
     "Value ( 4 ) for parameter maxResults is invalid. Expecting a value greater than 5."),
    (("iam", None), "GetRole", {"RoleName": "a b"}, "ValidationError",
     "The specified value for roleName is invalid. It must contain only alphanumeric characters and/or the following: "
     "+=,.@_-"),
    (("sts", None), "AssumeRole", {"RoleArn": "arn:aws:iam::111122223333:role/x"}, "ValidationError",
     "1 validation error detected: Value null at 'roleSessionName' failed to satisfy constraint: Member must not be "
     "null"),
    (("cloudwatch", "query"), "PutMetricData", {}, "MissingParameter", "The parameter Namespace is required."),
)


class Codec:
    """Our dispatcher at the other end of a pipe."""

    def __init__(self, path):
        self.process = subprocess.Popen([path], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def call(self, request, **script):
        line = json.dumps({"request": request, **script})
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise RuntimeError(f"the codec died of {line[:2000]}")
        try:
            return json.loads(answer)
        except ValueError:
            raise RuntimeError(answer.decode()[:2000])

    def close(self):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


class Raw(io.BytesIO):
    def stream(self, *_args, **_kwargs):
        yield self.getvalue()


def hold_to(session, service, protocol):
    """Lets botocore see the service's model with that one protocol; None when it cannot speak it."""
    loader = session.get_component("data_loader")
    model = loader.load_service_model(service, "service-2")
    if protocol is None:
        return model["metadata"]["protocol"]
    metadata = model["metadata"]
    metadata = {**metadata, "protocol": protocol, "protocols": [protocol]}
    if protocol not in botocore.serialize.SERIALIZERS or not metadata.get("targetPrefix") and protocol != "query":
        return None  # an older botocore
    original = loader.load_service_model

    def load(name, type_name, *args, **kwargs):
        loaded = original(name, type_name, *args, **kwargs)
        held = name == service and type_name == "service-2"
        return {**loaded, "metadata": metadata} if held else loaded

    loader.load_service_model = load
    return protocol


class Judge:
    """A botocore client whose requests go to the codec and nowhere else."""

    def __init__(self, codec, service, protocol=None, **config):
        session = botocore.session.Session()
        self.held = hold_to(session, service, protocol)
        session.set_credentials("AKIDEXAMPLE", "secret")
        self.client = session.create_client(
            service, "us-east-1", endpoint_url="http://127.0.0.1:4566",
            config=botocore.config.Config(retries={"total_max_attempts": 1}, **config))
        self.codec, self.script = codec, {}
        self.shapes = json.loads((MODELS / f"{service}.json").read_text())["shapes"]
        self.sent = self.params = self.parsed = self.exchange = None
        events = self.client.meta.events
        events.register("before-send", self.carry)
        # Past botocore's own rewriting (user data, policies), in both directions.
        events.register_last("before-parameter-build", self.note_params)
        prefix = f"after-call.{self.model.service_id.hyphenize()}"
        for operation in self.model.operation_names:
            events.register_first(f"{prefix}.{operation}", self.note_parsed)

    @property
    def model(self):
        return self.client.meta.service_model

    def note_params(self, params, **_kwargs):
        self.params = copy.deepcopy(params)

    def note_parsed(self, parsed, **_kwargs):
        self.parsed = copy.deepcopy(parsed)

    def carry(self, request, **_kwargs):
        text = lambda value: value.decode() if isinstance(value, bytes) else value or ""
        body = request.body or b""
        body = body if isinstance(body, bytes) else body.encode()
        target = request.url.split("127.0.0.1:4566", 1)[1] or "/"
        headers = {name: text(value) for name, value in request.headers.items()}
        self.exchange = self.codec.call(
            {"method": request.method, "target": target, "headers": headers,
             "body": base64.b64encode(body).decode()}, **self.script)
        reply = self.exchange["reply"]
        return botocore.awsrequest.AWSResponse(
            request.url, reply["status"], reply["headers"],
            Raw(base64.b64decode(reply["body"])))

    def call(self, operation, params, **script):
        self.script = script
        self.client._make_api_call(operation, copy.deepcopy(params))


def plain(value):
    """As our Json has it: times are seconds, blobs are base64."""
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, datetime.datetime):
        return value.timestamp()
    return value


class WireTest(unittest.TestCase):
    codec_path = None
    maxDiff = 4000

    @classmethod
    def setUpClass(cls):
        cls.codec = Codec(cls.codec_path)
        cls.judges = {}
        for service, protocol in spoken():
            judge = Judge(cls.codec, service, protocol)
            if judge.held is not None:
                cls.judges[(service, protocol) if protocol else service] = judge

    @classmethod
    def tearDownClass(cls):
        cls.codec.close()

    def operations(self):
        """Those this botocore knows; an older one lacks the newest."""
        known = 0
        for spoken_to, judge in self.judges.items():
            for name in listed(judge.model.service_name):
                if name not in judge.model.operation_names:
                    continue
                operation = judge.model.operation_model(name)
                if not operation.has_event_stream_output:  # they are in tests/e2e/logs_test.py
                    known += 1
                    yield spoken_to, judge, operation
        self.assertGreater(known, 150)

    @staticmethod
    def input_of(judge, operation, maker=None):
        maker = maker or Maker("required")
        maker.shapes = judge.shapes
        params = maker.make(operation.input_shape) if operation.input_shape else {}
        params.pop("DryRun", None)  # its answer is an error; dispatch_test.cpp has it
        return params

    def least_output(self, operation):
        shape = operation.output_shape
        return plain(Maker("required").make(shape)) if shape else {}

    def check_inputs(self, maker):
        for service, judge, operation in self.operations():
            with self.subTest(service=service, operation=operation.name):
                params = self.input_of(judge, operation, maker)
                judge.call(operation.name, params, output=self.least_output(operation))
                self.assertEqual(judge.exchange["input"], plain(judge.params))

    def test_required_members_arrive(self):
        self.check_inputs(Maker("required", lists=1))

    def test_all_members_arrive(self):
        self.check_inputs(Maker("all", lists=2))

    def test_long_lists_arrive_in_order(self):
        self.check_inputs(Maker("required", lists=12))

    def check_outputs(self, maker):
        for service, judge, operation in self.operations():
            with self.subTest(service=service, operation=operation.name):
                shape = operation.output_shape
                output = maker.make(shape) if shape else {}
                judge.call(operation.name, self.input_of(judge, operation), output=plain(output))
                parsed = judge.parsed
                metadata = parsed.pop("ResponseMetadata")
                if shape or CBOR not in service:  # without a shape botocore's CBOR reads nothing
                    self.assertEqual(len(metadata["RequestId"]), 36)
                self.assertEqual(plain(parsed), plain(output))

    def test_all_members_are_answered(self):
        self.check_outputs(Maker("all", lists=2))

    def test_required_members_are_answered(self):
        self.check_outputs(Maker("required", lists=1))

    def test_empty_lists_are_answered(self):
        self.check_outputs(Maker("all", lists=0))

    def test_hostile_text_is_answered_whole(self):
        self.check_outputs(Maker("all", lists=1, text=HOSTILE))

    def test_hostile_text_arrives_whole(self):
        self.check_inputs(Maker("all", lists=1, text=HOSTILE))

    def test_errors_are_raised_with_code_and_message(self):
        for service, judge, operation in self.operations():
            params = self.input_of(judge, operation)
            shapes = [shape.error_code or shape.name for shape in operation.error_shapes]
            for code in shapes[:4] + ["UnheardOfException"]:
                with self.subTest(service=service, operation=operation.name, code=code):
                    with self.assertRaises(botocore.exceptions.ClientError) as raised:
                        judge.call(operation.name, params,
                                   error={"code": code, "message": HOSTILE})
                    error = raised.exception.response["Error"]
                    self.assertEqual((error["Code"], error["Message"]), (code, HOSTILE))

    def test_what_breaks_a_shape_is_refused_in_the_words_of_its_service(self):
        for (service, protocol), operation, params, code, message in REFUSALS:
            judge = Judge(self.codec, service, protocol, parameter_validation=False)
            if judge.held is None:
                continue
            with self.subTest(service=service, protocol=protocol, operation=operation):
                with self.assertRaises(botocore.exceptions.ClientError) as raised:
                    judge.call(operation, params)
                error = raised.exception.response["Error"]
                self.assertEqual((error["Code"], error["Message"]), (code, message))
                self.assertIsNone(judge.exchange["input"], "it never reached the operation")

    def test_a_modelled_error_is_of_its_class_and_has_its_members(self):
        ecs = self.judges["ecs"]
        if "ConflictException" not in ecs.model.shape_names:
            self.skipTest("this botocore has no ConflictException")
        with self.assertRaises(ecs.client.exceptions.ConflictException) as raised:
            ecs.call("RunTask", {"taskDefinition": "x"},
                     error={"code": "ConflictException", "message": "twice",
                            "members": {"resourceIds": ["a", "b"]}})
        self.assertEqual(raised.exception.response["resourceIds"], ["a", "b"])

    def test_an_operation_outside_the_list_is_refused_by_name(self):
        with self.assertRaises(botocore.exceptions.ClientError) as raised:
            self.judges["ecs"].call("CreateService", {"serviceName": "web"})
        response = raised.exception.response
        self.assertEqual(response["ResponseMetadata"]["HTTPStatusCode"], 501)
        self.assertIn("ecs CreateService", response["Error"]["Message"])

    def test_times_keep_their_milliseconds(self):
        moment = MOMENT.replace(microsecond=123000)
        for service, operation, output in (
            ("ecs", "StopTask", {"task": {"createdAt": moment}}),
            ("ec2", "DescribeNetworkInterfaces",
             {"NetworkInterfaces": [{"Attachment": {"AttachTime": moment}}]}),
        ):
            judge = self.judges[service]
            params = self.input_of(judge, judge.model.operation_model(operation))
            judge.call(operation, params, output=plain(output))
            judge.parsed.pop("ResponseMetadata")
            self.assertEqual(plain(judge.parsed), plain(output))

    def test_the_lists_and_the_models_agree(self):
        for service in SERVICES:
            model = json.loads((MODELS / f"{service}.json").read_text())
            has_shapes = [name for name, op in model["operations"].items() if op is not None]
            self.assertEqual(sorted(has_shapes), sorted(listed(service)), service)


if __name__ == "__main__":
    WireTest.codec_path = sys.argv.pop(1)
    unittest.main()
