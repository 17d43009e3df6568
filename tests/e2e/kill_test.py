#!/usr/bin/env python3
"""The daemon is killed (SIGKILL) in the middle of many clients' writes, again and again: every write
that was answered is there afterwards, the database opens and agrees with itself.

ENIBOX_KILLS: how often (20; `make bench` and whoever doubts take 200)."""
import json
import os
import pathlib
import random
import re
import shutil
import signal
import sqlite3
import sys
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "bench"))
from client import Client, element
from enibox import EniboxTest

KILLS = int(os.environ.get("ENIBOX_KILLS", "20"))
WRITERS = 6

# What must hold of the rows whatever happened.
INVARIANTS = {
    "an interface without its primary address":
        "SELECT eni_id FROM ec2_network_interface WHERE eni_id NOT IN "
        "(SELECT eni_id FROM ec2_private_address WHERE is_primary = 1)",
    "an address two interfaces have":
        "SELECT address FROM ec2_private_address GROUP BY subnet_id, address HAVING count(*) > 1",
    "an interface without a group":
        "SELECT eni_id FROM ec2_network_interface WHERE eni_id NOT IN "
        "(SELECT eni_id FROM ec2_network_interface_group)",
    "a tag of a resource that is gone":
        "SELECT resource_id FROM ec2_tag WHERE resource_id LIKE 'eni-%' AND resource_id NOT IN "
        "(SELECT eni_id FROM ec2_network_interface)",
    "a group without its rule of a new group":
        "SELECT group_id FROM ec2_security_group WHERE group_id NOT IN "
        "(SELECT group_id FROM ec2_security_group_rule)",
    "a revision that its family does not count":
        "SELECT d.family FROM ecs_task_definitions d JOIN ecs_families f "
        "ON f.region = d.region AND f.family = d.family WHERE d.revision > f.last_revision",
}


class Writer(threading.Thread):
    """Writes until the connection breaks, and notes what was answered."""

    def __init__(self, port, number, subnet, vpc):
        super().__init__()
        self.client = Client(port)
        self.name_prefix = f"w{number}-{random.randrange(1 << 40):x}"
        self.subnet, self.vpc = subnet, vpc
        self.there, self.gone = [], []  # (kind, id)
        self.wrong = None

    def run(self):
        try:
            for round_number in range(100_000):
                self.write(f"{self.name_prefix}-{round_number}")
        except (OSError, ConnectionError):
            pass  # killed
        except Exception as error:
            self.wrong = error
        finally:
            self.client.close()

    def write(self, name):
        kind = random.choice((self.interface, self.group, self.definition, self.parameter))
        try:
            kind(name)
        except RuntimeError as error:
            if "LimitExceeded" not in str(error) and "InsufficientFreeAddresses" not in str(error):
                raise

    def interface(self, name):
        answer = self.client.ec2(
            "CreateNetworkInterface", SubnetId=self.subnet, Description=name,
            **{"TagSpecification.1.ResourceType": "network-interface",
               "TagSpecification.1.Tag.1.Key": "name", "TagSpecification.1.Tag.1.Value": name})
        eni = element(answer, "networkInterfaceId")
        self.there.append(("ec2_network_interface", "eni_id", eni))
        if random.random() < 0.3:
            self.there.pop()
            self.client.ec2("DeleteNetworkInterface", NetworkInterfaceId=eni)
            self.gone.append(("ec2_network_interface", "eni_id", eni))

    def group(self, name):
        answer = self.client.ec2("CreateSecurityGroup", GroupName=name, GroupDescription=name,
                                 VpcId=self.vpc)
        self.there.append(("ec2_security_group", "group_id", element(answer, "groupId")))

    def definition(self, name):
        self.client.ecs("RegisterTaskDefinition", family=name, networkMode="awsvpc",
                        containerDefinitions=[{"name": "a", "image": "busybox", "memory": 8}])
        self.there.append(("ecs_task_definitions", "family", name))

    def parameter(self, name):
        self.client.call("ssm", "PutParameter", {"Name": name, "Value": "x", "Type": "String"})
        self.there.append(("ssm_parameter", "name", name))


class KillTest(EniboxTest):
    def setUp(self):
        super().setUp()
        random.seed(os.environ.get("ENIBOX_SEED") or time.time_ns())

    def first_start(self):
        daemon = self.serve("--data-dir", self.data_dir())
        client = Client(daemon.port)
        answer = client.ec2("DescribeSubnets")
        client.close()
        return daemon, element(answer, "subnetId"), element(answer, "vpcId")

    def kill_under_load(self, daemon, subnet, vpc):
        writers = [Writer(daemon.port, number, subnet, vpc) for number in range(WRITERS)]
        for writer in writers:
            writer.start()
        time.sleep(random.uniform(0.0, 0.15))
        os.kill(daemon.daemon_pid, signal.SIGKILL)
        for writer in writers:
            writer.join(30)
            self.assertFalse(writer.is_alive())
            self.assertIsNone(writer.wrong, repr(writer.wrong))
        self.assertEqual(daemon.wait()[0], 128 + signal.SIGKILL)
        return ([one for writer in writers for one in writer.there],
                [one for writer in writers for one in writer.gone])

    def open_copy(self):
        """The database as the kill left it; the log is the daemon's own to recover."""
        copy = self.dir / "copy"
        copy.mkdir(exist_ok=True)
        for name in ("enibox.db", "enibox.db-wal"):
            (copy / name).unlink(missing_ok=True)
            if (source := pathlib.Path(self.data_dir()) / name).exists():
                shutil.copy(source, copy / name)
        (copy / "enibox.db-shm").unlink(missing_ok=True)
        return sqlite3.connect(copy / "enibox.db")

    def check(self, there, gone):
        database = self.open_copy()
        try:
            self.assertEqual(database.execute("PRAGMA integrity_check").fetchall(), [("ok",)])
            self.assertEqual(database.execute("PRAGMA foreign_key_check").fetchall(), [])
            for table, column, value in there:
                found = database.execute(f"SELECT 1 FROM {table} WHERE {column} = ?", (value,))
                self.assertIsNotNone(found.fetchone(), f"answered and lost: {table} {value}")
            for table, column, value in gone:
                found = database.execute(f"SELECT 1 FROM {table} WHERE {column} = ?", (value,))
                self.assertIsNone(found.fetchone(), f"deleted and there: {table} {value}")
            for what, query in INVARIANTS.items():
                self.assertEqual(database.execute(query).fetchall(), [], what)
        finally:
            database.close()

    def test_nothing_that_was_answered_is_lost(self):
        daemon, subnet, vpc = self.first_start()
        there, gone, writes = [], [], 0
        for number in range(KILLS):
            new_there, new_gone = self.kill_under_load(daemon, subnet, vpc)
            writes += len(new_there) + len(new_gone)
            # Those of the rounds before are looked for now and then: there are many.
            there, gone = there + new_there, gone + new_gone
            last = number + 1 == KILLS
            self.check(there if last else new_there, gone if last else new_gone)
            durable = ["--durable"] if number % 2 else []
            daemon = self.serve("--data-dir", self.data_dir(), *durable)
        client = Client(daemon.port)
        described = client.ec2("DescribeNetworkInterfaces")
        client.close()
        wanted = {value for table, _column, value in there if table == "ec2_network_interface"}
        self.assertEqual(wanted - set(re.findall(r"eni-[0-9a-f]+", described)), set())
        self.assertGreater(writes, KILLS)
        print(json.dumps({"kills": KILLS, "writes answered": writes}), file=sys.stderr)


if __name__ == "__main__":
    unittest.main()
