"""How answers fare when much is stored: 0, 1,000 and 10,000 tasks and interfaces, beside moto's server with none.
Prints rows as JSON, one a line, for table.py.

    scale.py BUILD LOG
"""

import multiprocessing
import pathlib
import shutil
import signal
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time

import servers
from client import Client, element
from lab import Lab, percentile, progress, row

STORED = (0, 1_000, 10_000)
CALLS = 1_500
CONNECTIONS = 16
PROCESSES = 2
SECONDS = 2.0
RUNS = 10
PAGES = 200


class Store:
    """Requests by id, about one task and one interface among however many."""

    def __init__(self, client, task, eni):
        self.requests = {
            "DescribeTasks": client.request("ecs", "DescribeTasks", {"cluster": "lab", "tasks": [task]}),
            "DescribeNetworkInterfaces": client.request(
                "ec2", "DescribeNetworkInterfaces", {"NetworkInterfaceId.1": eni}),
        }
        for name, request in self.requests.items():
            status, body = client.exchange(request)
            if status != 200 or eni.encode() not in body and task.encode() not in body:
                raise RuntimeError(f"{name}: {status} {body[:300]}")


def latencies(client, request):
    times = []
    for number in range(CALLS + 100):
        begin = time.perf_counter()
        client.exchange(request)
        if number >= 100:
            times.append((time.perf_counter() - begin) * 1000)
    return times


def load(port, request, connections, start, counts):
    """As many requests as go, one at a time on each connection."""
    clients = [Client(port) for _ in range(connections)]
    size = max(client.answer_size(request) for client in clients)
    start.wait()
    done, end = 0, time.monotonic() + SECONDS
    while time.monotonic() < end:
        for client in clients:
            if client.socket is None:
                client.connect()
            client.socket.sendall(request)
        for client in clients:
            # Every answer is as long as the first: where they stay open, count and do not read.
            client.take(size) if client.reconnects == 0 else client.read_answer()
        done += len(clients)
    counts.put(done)
    for client in clients:
        client.close()


def interface_pages(client, eni):
    """Requests for a part of all interfaces; the copies are in the subnet of `eni`."""
    known = client.ec2("DescribeNetworkInterfaces", **{"NetworkInterfaceId.1": eni})
    of_subnet = {"Filter.1.Name": "subnet-id", "Filter.1.Value.1": element(known, "subnetId")}
    of_address = {"Filter.1.Name": "private-ip-address", "Filter.1.Value.1": element(known, "privateIpAddress")}
    return {name: client.request("ec2", "DescribeNetworkInterfaces", asked) for name, asked in {
        "a page of 100": {"MaxResults": 100}, "a page of 100 of a subnet": {"MaxResults": 100, **of_subnet},
        "by private address": of_address}.items()}


def measure_pages(client, filler, stored, few_stored):
    for name, request in interface_pages(client, filler.eni).items():
        times = []
        for _ in range(PAGES):
            begin = time.perf_counter()
            client.exchange(request)
            times.append((time.perf_counter() - begin) * 1000)
        base = ("1,000 stored", few_stored[name]) if name in few_stored else None
        few_stored.setdefault(name, statistics.median(times))
        row(f"DescribeNetworkInterfaces, {name}, {stored:,} stored", times, baseline=base,
            **({"ratio_aim": ["<= 2x", 2]} if base else {}))


def milliseconds_a_request(port, request):
    start, counts = multiprocessing.Barrier(PROCESSES), multiprocessing.Queue()
    workers = [multiprocessing.Process(target=load, args=(port, request, CONNECTIONS // PROCESSES, start, counts))
               for _ in range(PROCESSES)]
    for worker in workers:
        worker.start()
    total = sum(counts.get(timeout=60) for _ in workers)
    for worker in workers:
        worker.join()
    return 1000 * SECONDS / total


class Filler:
    """Copies of a task and of an interface, written into the database while no daemon has it."""

    def __init__(self, path, task, eni):
        self.path, self.task, self.eni = path, task, eni

    def fill(self, count):
        database = sqlite3.connect(self.path)
        now = int(time.time() * 1000)
        with database:
            self.copy(database, "ecs_tasks", f"id = '{self.task}'", count, lambda i: {
                "id": f"{i:032x}", "sequence": 1_000_000 + i, "stopped_ms": now, "client_token": ""})
            self.copy(database, "ecs_containers", f"task_id = '{self.task}'", count, lambda i: {
                "task_id": f"{i:032x}", "docker_id": f"{i:064x}", "arn_id": f"{i:036x}"})
            eni = f"eni_id = '{self.eni}'"
            self.copy(database, "ec2_network_interface", eni, count, lambda i: {
                "eni_id": f"eni-{i:017x}", "mac": f"06:00:{i >> 24 & 255:02x}:{i >> 16 & 255:02x}:"
                                                  f"{i >> 8 & 255:02x}:{i & 255:02x}",
                "address": f"10.0.{192 + (i + 4096 >> 8)}.{i + 4096 & 255}"})
            self.copy(database, "ec2_private_address", eni, count, lambda i: {
                "eni_id": f"eni-{i:017x}", "address": (10 << 24) + (192 << 8) + 4096 + i})
            self.copy(database, "ec2_network_interface_group", eni, count, lambda i: {"eni_id": f"eni-{i:017x}"})
        database.close()

    @staticmethod
    def copy(database, table, where, count, changes):
        cursor = database.execute(f"SELECT * FROM {table} WHERE {where}")
        names = [column[0] for column in cursor.description]
        template = dict(zip(names, cursor.fetchone()))
        marks = ",".join("?" * len(names))
        rows = ([{**template, **changes(i)}[name] for name in names] for i in range(1, count + 1))
        database.executemany(f"INSERT OR IGNORE INTO {table} ({','.join(names)}) VALUES ({marks})", rows)


class Kept:
    """A daemon on a directory, ended and begun again around each filling."""

    def __init__(self, build, log, directory):
        self.build, self.log, self.directory = build, log, directory

    def start(self):
        port = servers.free_port()
        words = [f"{self.build}/enibox", "serve", "--listen", f"127.0.0.1:{port}", "--data-dir", self.directory]
        return servers.Server(words, port, self.log, signal.SIGTERM)

    def end(self):
        subprocess.run([f"{self.build}/enibox", "stop", "--data-dir", self.directory], stdout=self.log,
                       stderr=self.log, timeout=60)


def run_and_stop(lab):
    task, answered, _ = lab.run()
    lab.wait_for(task, "RUNNING")
    time.sleep(0.3)  # until nginx has its handlers: else the stop takes stopTimeout
    lab.stop(task)
    lab.wait_for(task, "STOPPED")
    return task.rsplit("/", 1)[1], answered


def make_interface(client, vpc):
    """In a subnet with room for ten thousand."""
    subnet = element(client.ec2("CreateSubnet", VpcId=vpc, CidrBlock="10.0.192.0/18"), "subnetId")
    return element(client.ec2("CreateNetworkInterface", SubnetId=subnet), "networkInterfaceId")


def measure_moto(log):
    if not servers.moto_is_installed():
        return {}
    with servers.moto(log) as server:
        lab = Lab(server.client)
        task = lab.run("FARGATE")[0].rsplit("/", 1)[1]
        store = Store(server.client, task, make_interface(server.client, lab.vpc))
        found = {name: milliseconds_a_request(server.client.port, request)
                 for name, request in store.requests.items()}
        found["RunTask"] = statistics.median(lab.run("FARGATE")[1] for _ in range(RUNS))
    return found


def measure_one(server, lab, filler, stored, moto, nothing_stored, few_stored):
    client = server.client
    lab.client = client
    store = Store(client, filler.task, filler.eni)
    base = lambda name: ("moto", moto[name]) if moto else None
    for name, request in store.requests.items():
        spent = milliseconds_a_request(client.port, request)
        row(f"{name}, 16 connections, {stored:,} stored, time a request", [spent], baseline=base(name),
            faster=["20x faster", 20])
        times = latencies(client, request)
        p99 = percentile(times, 0.99)
        if stored == 0:
            nothing_stored[name] = p99
            row(f"{name} by id, none stored", times)
        else:
            row(f"{name} by id, {stored:,} stored: the 99th percentile", [p99],
                baseline=("none stored", nothing_stored[name]), ratio_aim=["<= 2x", 2])
    if stored > 0:
        measure_pages(client, filler, stored, few_stored)
    answers = [run_and_stop(lab)[1] for _ in range(RUNS)]
    row(f"RunTask answer, {stored:,} stored", answers, baseline=base("RunTask"))


def measure(build, log, directory, moto):
    kept = Kept(build, log, directory)
    nothing_stored, few_stored = {}, {}
    try:
        with kept.start() as server:
            lab = Lab(server.client)
            lab.join_instance()
            task, _ = run_and_stop(lab)
            filler = Filler(pathlib.Path(directory) / "enibox.db", task, make_interface(server.client, lab.vpc))
        for stored in STORED:
            progress(f"{stored:,} tasks and interfaces stored")
            filler.fill(stored)
            with kept.start() as server:
                measure_one(server, lab, filler, stored, moto, nothing_stored, few_stored)
    finally:
        kept.end()


def main():
    build, log_path = sys.argv[1:]
    directory = tempfile.mkdtemp(prefix="enibox-bench-")
    with open(log_path, "ab", buffering=0) as log:
        try:
            measure(build, log, directory, measure_moto(log))
        finally:
            shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    main()
