"""Everything `make bench` measures through the API. Prints rows as JSON, one a line, for table.py.

    lab.py BUILD LOG [--bare-runc MS]
"""

import argparse
import base64
import json
import os
import pathlib
import signal
import statistics
import subprocess
import sys
import time

import paths
import servers
from client import element

STARTS = 9
CALLS = 2000
ROUNDS = 25
PAIRS = 8
REQUEST_ROUNDS = 5
PATIENCE = 30.0
NO_MOTO = "no baseline: moto is not installed"
HERE = pathlib.Path(__file__).parent


def percentile(values, part):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))]


def row(what, values, unit="ms", **more):
    """`baseline`: (name, value) or None; `aim`: (text, limit); `ratio_aim`, `faster`, `at_least`: as aim, for the
    ratio."""
    if more.get("baseline", 0) is None:
        more["no_baseline"] = NO_MOTO
    out = {"what": what, "p50": statistics.median(values), "p99": percentile(values, 0.99)}
    print(json.dumps({**out, "count": len(values), "unit": unit, **more}), flush=True)


def progress(text):
    print(f"  {text}", file=sys.stderr, flush=True)


class Lab:
    """A VPC, a group whose members reach each other, a cluster, an instance, a task definition."""

    def __init__(self, client):
        self.client = client
        self.vpc = element(client.ec2("CreateVpc", CidrBlock="10.0.0.0/16"), "vpcId")
        # moto fails without: its interfaces then have no DNS name.
        client.ec2("ModifyVpcAttribute", **{"VpcId": self.vpc, "EnableDnsHostnames.Value": "true"})
        subnet = client.ec2(
            "CreateSubnet", VpcId=self.vpc, CidrBlock="10.0.100.0/24", AvailabilityZone="us-east-1a"
        )
        self.subnet = element(subnet, "subnetId")
        group = client.ec2("CreateSecurityGroup", GroupName="lab", GroupDescription="lab", VpcId=self.vpc)
        self.group = element(group, "groupId")
        rule = {"IpPermissions.1.IpProtocol": "-1", "IpPermissions.1.Groups.1.GroupId": self.group}
        client.ec2("AuthorizeSecurityGroupIngress", GroupId=self.group, **rule)
        client.ecs("CreateCluster", clusterName="lab")
        container = {"name": "nginx", "image": "nginx:alpine", "memory": 64, "stopTimeout": 5}
        container["linuxParameters"] = {"initProcessEnabled": True}
        container["portMappings"] = [{"containerPort": 80}]
        client.ecs(
            "RegisterTaskDefinition",
            family="web",
            networkMode="awsvpc",
            cpu="256",
            memory="512",
            requiresCompatibilities=["EC2", "FARGATE"],
            containerDefinitions=[container],
        )

    def join_instance(self):
        name = "/aws/service/ecs/optimized-ami/amazon-linux-2/recommended/image_id"
        ami = self.client.call("ssm", "GetParameters", {"Names": [name]})["Parameters"][0]["Value"]
        data = base64.b64encode(b"#!/bin/bash\necho ECS_CLUSTER=lab >> /etc/ecs/ecs.config\n").decode()
        self.client.ec2(
            "RunInstances",
            **{"ImageId": ami, "InstanceType": "t3.medium", "MinCount": 1, "MaxCount": 1},
            **{"SubnetId": self.subnet, "SecurityGroupId.1": self.group, "UserData": data},
        )
        wait_until(lambda: self.client.ecs("ListContainerInstances", cluster="lab")["containerInstanceArns"])

    def run_request(self, launch_type):
        network = {"subnets": [self.subnet], "securityGroups": [self.group], "assignPublicIp": "DISABLED"}
        body = {
            "cluster": "lab",
            "taskDefinition": "web",
            "launchType": launch_type,
            "networkConfiguration": {"awsvpcConfiguration": network},
        }
        return self.client.request("ecs", "RunTask", body)

    def run(self, launch_type="EC2"):
        """(the task's ARN, ms until the answer, when it was asked for)"""
        request = self.run_request(launch_type)
        begin = time.monotonic()
        status, body = self.client.exchange(request)
        answered = (time.monotonic() - begin) * 1000
        answer = json.loads(body)
        if status != 200 or not answer["tasks"]:
            raise RuntimeError(f"RunTask: {status} {body[:500]}")
        return answer["tasks"][0]["taskArn"], answered, begin

    def describe_request(self, task):
        return self.client.request("ecs", "DescribeTasks", {"cluster": "lab", "tasks": [task]})

    def wait_for(self, task, status):
        request = self.describe_request(task)

        def arrived():
            found = json.loads(self.client.exchange(request)[1])["tasks"][0]
            if found["lastStatus"] == "STOPPED" and status != "STOPPED":
                raise RuntimeError(f"the task stopped: {found.get('stoppedReason')} {found['containers']}")
            return found if found["lastStatus"] == status else None

        return wait_until(arrived)

    def stop(self, task):
        self.client.ecs("StopTask", cluster="lab", task=task)


def wait_until(condition):
    end = time.monotonic() + PATIENCE
    while not (value := condition()):
        if time.monotonic() > end:
            raise RuntimeError(f"nothing within {PATIENCE} s")
        time.sleep(0.001)
    return value


def describe_times(lab, task):
    request = lab.describe_request(task)
    times = []
    for number in range(CALLS + 100):
        begin = time.perf_counter()
        lab.client.exchange(request)
        if number >= 100:
            times.append((time.perf_counter() - begin) * 1000)
    return times


def address_of(task):
    details = {d["name"]: d["value"] for d in task["attachments"][0]["details"]}
    return details["privateIPv4Address"]


def measure_moto(log):
    """Start, memory, DescribeTasks and RunTask of moto's server; {} when it is not installed."""
    if not servers.moto_is_installed():
        return {}
    starts = []
    for _ in range(2):
        with servers.moto(log) as server:
            starts.append(server.started_ms)
    with servers.moto(log) as server:
        memory = servers.pss_megabytes(server.process.pid)
        lab = Lab(server.client)
        runs = [lab.run("FARGATE") for _ in range(ROUNDS)]
        times = describe_times(lab, runs[0][0])
        if server.client.reconnects:
            progress("moto's server closed the connection after an answer; it was opened again each time")
    return {
        "start": statistics.median([*starts, server.started_ms]),
        "memory": memory,
        "run": statistics.median([answered for _, answered, _ in runs]),
        "describe": statistics.median(times),
    }


def measure_start_and_memory(build, log, moto):
    starts, memory = [], []
    for _ in range(STARTS):
        with servers.enibox(build, log) as server:
            starts.append(server.started_ms)
            memory.append(servers.pss_megabytes(server.process.pid))
    base = lambda key: ("moto", moto[key]) if moto else None
    row("daemon start to first answered request", starts, baseline=base("start"), aim=["< 50 ms", 50])
    row("idle memory, PSS of porter, init, daemon", memory, "MB", baseline=base("memory"), aim=["< 20 MB", 20])


def measure_tasks(lab, bare_runc, moto):
    answers, running, stamped, stopped = [], [], [], []
    for number in range(ROUNDS + 1):
        task, answered, begin = lab.run()
        seen = lab.wait_for(task, "RUNNING")
        wall = (time.monotonic() - begin) * 1000
        begin = time.monotonic()
        lab.stop(task)
        lab.wait_for(task, "STOPPED")
        if number == 0:
            continue  # unpacks the image
        answers.append(answered)
        running.append(wall)
        stamped.append((seen["startedAt"] - seen["createdAt"]) * 1000)
        stopped.append((time.monotonic() - begin) * 1000)
    runc = {"baseline": ("bare `runc run -d`", bare_runc)} if bare_runc else {"no_baseline": "runc by itself: root only"}
    row("RunTask answer", answers, baseline=("moto", moto["run"]) if moto else None, aim=["< 5 ms", 5])
    row("RunTask to RUNNING, one container, wall clock", running, **runc, aim=["< 60 ms", 60], ratio_aim=["<= 3x", 3])
    row("RunTask to RUNNING, createdAt to startedAt", stamped, **runc, aim=["< 60 ms", 60], ratio_aim=["<= 3x", 3])
    row("StopTask to STOPPED (nginx under the init process)", stopped)


def measure_describe(lab, moto):
    task, _, _ = lab.run()
    lab.wait_for(task, "RUNNING")
    times = describe_times(lab, task)
    base = ("moto", moto["describe"]) if moto else None
    row("DescribeTasks, one kept-alive connection", times, baseline=base, faster=["20x faster", 20])
    lab.stop(task)
    lab.wait_for(task, "STOPPED")


def measure_packets(lab, porter):
    """Two fresh tasks each time: neither the router nor they have ever heard of the other."""
    first, second = [], []
    for _ in range(PAIRS):
        one, _, _ = lab.run()
        lab.wait_for(one, "RUNNING")
        before = nginx_networks(porter)
        other, _, _ = lab.run()
        lab.wait_for(other, "RUNNING")
        listening = address_of(lab.wait_for(one, "RUNNING"))
        pid = wait_until(lambda: task_process(porter, before))
        words = [sys.executable, str(HERE / "packets.py"), str(pid), listening, "80"]
        out = subprocess.run(words, capture_output=True, text=True, timeout=PATIENCE)
        if out.returncode != 0:
            raise RuntimeError(out.stderr)
        times = [float(word) for word in out.stdout.split()]
        first.append(times[0])
        second.append(times[1])
        for task in (one, other):
            lab.stop(task)
        for task in (one, other):
            lab.wait_for(task, "STOPPED")
    base = ("the second handshake", statistics.median(second))
    row("first packets between two tasks of a subnet (TCP handshake)", first, baseline=base, aim=["< 5 ms", 5])


def measure_requests(lab, porter):
    """nginx asked by another task, and by the same one through a docker-like bridge, turn by turn."""
    if paths.missing():
        return progress(f"no requests: {', '.join(paths.missing())} not installed (docker/install-packages.sh bench)")
    pids, tasks = [], []
    for _ in range(2):
        before = nginx_networks(porter)
        task, _, _ = lab.run()
        seen = lab.wait_for(task, "RUNNING")
        tasks.append(task)
        pids.append(wait_until(lambda: task_process(porter, before)))
    with paths.Paths(pids[0], pids[1], address_of(seen)) as ways:
        for what, headers in (("requests/s", []), ("new connections/s", ["Connection: close"])):
            here, there = [], []
            for _ in range(REQUEST_ROUNDS):
                there.append(ways.requests_per_second(ways.docker, *headers))
                here.append(ways.requests_per_second(ways.vpc, *headers))
            row(
                f"nginx, task to task, {what}",
                here,
                "/s",
                baseline=("docker-like bridge, published port", statistics.median(there)),
                at_least=["> 1x", 1],
            )
    for task in tasks:
        lab.stop(task)
    for task in tasks:
        lab.wait_for(task, "STOPPED")


def nginx_networks(porter):
    """A process of nginx by the network namespace of its task; its workers come and go."""
    found = {}
    for pid in servers.descendants(porter):
        try:
            if pathlib.Path(f"/proc/{pid}/comm").read_text() == "nginx\n":
                found[os.readlink(f"/proc/{pid}/ns/net")] = pid
        except OSError:
            continue
    return found


def task_process(porter, before):
    """nginx of the task that came since `before`."""
    return next((pid for network, pid in nginx_networks(porter).items() if network not in before), None)


def end_at_once(*_):
    raise KeyboardInterrupt


def main():
    signal.signal(signal.SIGTERM, end_at_once)
    parser = argparse.ArgumentParser()
    parser.add_argument("build")
    parser.add_argument("log")
    parser.add_argument("--bare-runc", type=float, default=0.0)
    given = parser.parse_args()
    with open(given.log, "ab", buffering=0) as log:
        progress("moto's server")
        moto = measure_moto(log)
        progress("starts")
        measure_start_and_memory(given.build, log, moto)
        with servers.enibox(given.build, log) as server:
            lab = Lab(server.client)
            lab.join_instance()
            progress("tasks")
            measure_tasks(lab, given.bare_runc, moto)
            measure_describe(lab, moto)
            if os.geteuid() == 0:
                progress("packets")
                measure_packets(lab, server.process.pid)
                progress("requests")
                measure_requests(lab, server.process.pid)


if __name__ == "__main__":
    main()
