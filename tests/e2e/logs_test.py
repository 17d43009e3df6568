#!/usr/bin/env python3
"""CloudWatch Logs as botocore's own client sees it: live tail with the prefixed host and without, filters that become
metrics, searches by every kind of pattern."""
import datetime
import os
import socket
import sys
import time
import unittest
import unittest.mock

import botocore.config
import botocore.session
from botocore.exceptions import ClientError

ENDPOINT = os.environ["ENDPOINT"]
PORT = int(ENDPOINT.rsplit(":", 1)[1])
SESSION = botocore.session.get_session()
DEADLINE = 20


def client(service="logs", endpoint=ENDPOINT, **config):
    return SESSION.create_client(
        service, region_name="us-east-1", endpoint_url=endpoint, aws_access_key_id="test",
        aws_secret_access_key="test",
        config=botocore.config.Config(retries={"total_max_attempts": 1}, read_timeout=DEADLINE, **config))


logs = client()
if not hasattr(logs, "start_live_tail"):
    print("skipped: this botocore knows no StartLiveTail")
    sys.exit(77)

resolve = socket.getaddrinfo


def resolve_prefixed(host, *args, **kwargs):
    """As a hosts file with a line for the prefixed name would."""
    return resolve("127.0.0.1" if str(host).startswith("stream-") else host, *args, **kwargs)


def now_ms():
    return int(time.time() * 1000)


class Logs(unittest.TestCase):
    def setUp(self):
        self.group = f"/test/{self.id().rsplit('.', 1)[1]}"
        logs.create_log_group(logGroupName=self.group)
        logs.create_log_stream(logGroupName=self.group, logStreamName="s")
        self.arn = logs.describe_log_groups(logGroupNamePrefix=self.group)["logGroups"][0]["logGroupArn"]
        self.addCleanup(logs.delete_log_group, logGroupName=self.group)

    def put(self, *messages):
        return logs.put_log_events(logGroupName=self.group, logStreamName="s", logEvents=[
            {"timestamp": now_ms(), "message": message} for message in messages])

    def found(self, pattern):
        pages = logs.get_paginator("filter_log_events").paginate(logGroupName=self.group, filterPattern=pattern)
        return [event["message"] for page in pages for event in page["events"]]

    def hear(self, tail, wanted):
        """The events of a session up to those wanted."""
        stream = tail["responseStream"]
        events = iter(stream)
        start = next(events)["sessionStart"]
        self.assertEqual(start["logGroupIdentifiers"], [self.arn])
        self.put("an INFO", "an ERROR")
        heard, end = [], time.monotonic() + DEADLINE
        while len(heard) < wanted and time.monotonic() < end:
            heard += next(events)["sessionUpdate"]["sessionResults"]
        stream.close()
        return [event["message"] for event in heard]

    def tail(self, logs_client, **more):
        return logs_client.start_live_tail(logGroupIdentifiers=[self.arn], **more)

    def test_tail_without_a_prefixed_host(self):
        tail = self.tail(client(inject_host_prefix=False), logEventFilterPattern="ERROR")
        self.assertEqual(self.hear(tail, 1), ["an ERROR"])

    def test_tail_with_a_prefixed_host(self):
        for endpoint in (f"http://localhost:{PORT}", f"http://127.0.0.1:{PORT}"):
            with unittest.mock.patch("socket.getaddrinfo", resolve_prefixed):
                tail = self.tail(client(endpoint=endpoint, inject_host_prefix=True))
            self.assertEqual(self.hear(tail, 2), ["an INFO", "an ERROR"])

    def test_tails_end_with_their_clients(self):
        """Far more sessions than there may be at a time, one after the other."""
        own = client(inject_host_prefix=False)
        for _ in range(40):
            end = time.monotonic() + DEADLINE
            while True:
                try:
                    self.tail(own)["responseStream"].close()
                    break
                except ClientError as error:
                    self.assertEqual(error.response["Error"]["Code"], "LimitExceededException")
                    self.assertLess(time.monotonic(), end, "no session became free")
                    time.sleep(0.01)

    def test_tail_of_what_is_not_there(self):
        with self.assertRaises(ClientError) as raised:
            client(inject_host_prefix=False).start_live_tail(logGroupIdentifiers=[self.arn + "-no"])
        self.assertEqual(raised.exception.response["Error"]["Code"], "ResourceNotFoundException")

    def test_patterns(self):
        self.put("GET / 200 12", "GET /x 404 7", '{"status": 503, "user": {"name": "eve"}}')
        self.assertEqual(self.found("GET -404"), ["GET / 200 12"])
        self.assertEqual(self.found("[method, path, status = 4*, size]"), ["GET /x 404 7"])
        self.assertEqual(len(self.found('{ $.status >= 500 && $.user.name = "e*" }')), 1)
        self.assertEqual(self.found("%/[a-z] %"), ["GET /x 404 7"])
        with self.assertRaises(ClientError) as raised:
            self.found("{ $.status")
        self.assertEqual(raised.exception.response["Error"]["Code"], "InvalidParameterException")

    def test_metric_filters(self):
        logs.put_metric_filter(
            logGroupName=self.group, filterName="f", filterPattern="[..., status, size]",
            metricTransformations=[{"metricName": "Size", "metricNamespace": "Test", "metricValue": "$size",
                                    "dimensions": {"Status": "$status"}, "unit": "Bytes"}])
        self.put("GET / 200 12", "GET / 200 30")
        cloudwatch = client("cloudwatch")
        moment = datetime.datetime.now(datetime.timezone.utc)
        answer = cloudwatch.get_metric_statistics(
            Namespace="Test", MetricName="Size", Dimensions=[{"Name": "Status", "Value": "200"}], Period=3600,
            StartTime=moment - datetime.timedelta(hours=1), EndTime=moment + datetime.timedelta(hours=1),
            Statistics=["Sum", "SampleCount"])
        self.assertEqual(sum(point["Sum"] for point in answer["Datapoints"]), 42)
        self.assertEqual({point["Unit"] for point in answer["Datapoints"]}, {"Bytes"})


if __name__ == "__main__":
    unittest.main(verbosity=2)
