#!/usr/bin/env python3
"""Every operation that is served, asked by botocore with its least and its most: what comes back is
an answer botocore can read, or an error of AWS with a code. Never a failure of ours, never HTML."""
import json
import os
import pathlib
import re
import sys
import unittest
import urllib.request

try:
    import botocore.config
    import botocore.exceptions
    import botocore.session
except ImportError:
    print("skipped: python3-botocore is not installed")
    sys.exit(77)

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "wire"))
from samples import Maker

ENDPOINT = os.environ["ENDPOINT"]
REGION = "eu-central-1"
MODELS = pathlib.Path(__file__).resolve().parents[2] / "api" / "models"

# Ends or empties what others need: after everything else.
LAST = re.compile(r"^(Delete|Terminate|Deregister|Release|Detach|Disassociate|Revoke|Stop|Unassign)")
FIRST = re.compile(r"^(Describe|List|Get|Filter|Simulate)")
# Codes that say "I broke": those of the services' dialects, and HTTP's.
BROKEN = {"InternalFailure", "InternalError", "InternalServerError", "InternalServiceError",
          "InternalServiceFault", "ServerException", "ServiceUnavailableException",
          "ServiceFailure", "500", "502", "503"}


def served():
    request = urllib.request.Request(ENDPOINT + "/_enibox/coverage",
                                     headers={"Authorization": "test"})
    with urllib.request.urlopen(request, timeout=20) as answer:
        table = json.load(answer)
    return {service: lists["served"] for service, lists in table.items()}


class SeededMaker(Maker):
    """Names what there is where a member says what it wants."""

    def __init__(self, seeds, **options):
        super().__init__(**options)
        self.seeds = seeds
        self.member = ""

    def structure(self, shape):
        made = {}
        self.open.append(shape.name)
        for name, member in self.wanted_members(shape).items():
            self.member = name
            made[name] = self.make(member)
        self.open.pop()
        return made

    def wanted_members(self, shape):
        if self.open.count(shape.name) > 1:
            return {}
        if self.members == "all":
            members = dict(shape.members)
            members.pop("DryRun", None)
            if getattr(shape, "is_tagged_union", False):
                members = dict(list(members.items())[:1])
            return members
        names = shape.required_members + self.shapes.get(shape.name, {}).get("required", [])
        return {name: member for name, member in shape.members.items() if name in names}

    def string(self, shape):
        key = self.member.lower().rstrip("s")
        return self.seeds.get(key) or super().string(shape)


class WalkTest(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        session = botocore.session.Session()
        session.set_credentials("AKIDEXAMPLE", "secret")
        config = botocore.config.Config(retries={"total_max_attempts": 1}, read_timeout=30,
                                        parameter_validation=False)
        cls.client = lambda _self, service: session.create_client(
            service, REGION, endpoint_url=ENDPOINT, config=config)
        cls.seeds = cls().seed()

    def seed(self):
        """Real things, for members that ask for one by name."""
        ec2, ecs = self.client("ec2"), self.client("ecs")
        subnet = ec2.describe_subnets()["Subnets"][0]
        vpc = subnet["VpcId"]
        group = ec2.describe_security_groups(
            Filters=[{"Name": "vpc-id", "Values": [vpc]}])["SecurityGroups"][0]["GroupId"]
        eni = ec2.create_network_interface(SubnetId=subnet["SubnetId"])["NetworkInterface"]
        table = ec2.describe_route_tables(
            Filters=[{"Name": "vpc-id", "Values": [vpc]}])["RouteTables"][0]["RouteTableId"]
        ecs.create_cluster(clusterName="walk")
        ecs.register_task_definition(
            family="walk", networkMode="awsvpc",
            containerDefinitions=[{"name": "web", "image": "busybox:latest", "memory": 32}])
        logs = self.client("logs")
        logs.create_log_group(logGroupName="walk")
        logs.create_log_stream(logGroupName="walk", logStreamName="walk")
        return {
            "vpcid": vpc, "subnetid": subnet["SubnetId"], "subnet": subnet["SubnetId"],
            "groupid": group, "securitygroupid": group, "securitygroup": group,
            "networkinterfaceid": eni["NetworkInterfaceId"], "routetableid": table,
            "cidrblock": "172.31.240.0/24", "destinationcidrblock": "10.9.0.0/16",
            "availabilityzone": subnet["AvailabilityZone"], "cluster": "walk",
            "clustername": "walk", "taskdefinition": "walk:1", "family": "walk",
            "loggroupname": "walk", "logstreamname": "walk", "privateipaddress": "172.31.0.77",
        }

    def requests(self, service, operation):
        model = json.loads((MODELS / f"{service}.json").read_text())
        for members, lists in (("required", 1), ("all", 1), ("all", 2)):
            for seeds in ({}, self.seeds):
                maker = SeededMaker(seeds, members=members, lists=lists, shapes=model["shapes"])
                shape = operation.input_shape
                yield members, (maker.make(shape) if shape else {})

    def ask(self, client, operation, params):
        """What is wrong with the answer; "" when nothing is."""
        try:
            answer = client._make_api_call(operation.name, params)
        except botocore.exceptions.ClientError as error:
            response = error.response
            code, status = response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]
            message = response["Error"].get("Message", "")
            if code in BROKEN or status in (500, 502, 503):
                return f"{status} {code}: {message}"
            if not re.fullmatch(r"[A-Za-z0-9.]+", code):
                return f"no code: {code!r} {message}"
            if not message:
                return f"{code} without a message"
            return "" if response["ResponseMetadata"].get("RequestId") else "no request id"
        except Exception as error:  # botocore cannot read it, or nobody answered
            return f"{type(error).__name__}: {error}"
        return "" if answer["ResponseMetadata"].get("RequestId") else "no request id"

    def test_every_served_operation_answers_or_refuses(self):
        wrong, asked = [], 0
        order = [(rank, service, name) for service, names in served().items() for name in names
                 for rank in [0 if FIRST.match(name) else 2 if LAST.match(name) else 1]]
        clients = {service: self.client(service) for service in served()}
        for _rank, service, name in sorted(order):
            client = clients[service]
            if name not in client.meta.service_model.operation_names:
                continue  # an older botocore
            operation = client.meta.service_model.operation_model(name)
            if operation.has_event_stream_output:
                continue
            asked += 1
            for members, params in self.requests(service, operation):
                problem = self.ask(client, operation, params)
                if problem:
                    wrong.append(f"{service} {name} ({members}): {problem}\n    {params}"[:1500])
                    break
        self.assertGreater(asked, 150)
        self.assertEqual(wrong, [], "\n" + "\n".join(wrong))


if __name__ == "__main__":
    unittest.main()
