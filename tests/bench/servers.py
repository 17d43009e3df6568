"""The two servers of the comparison: started, weighed and ended."""

import importlib.util
import pathlib
import signal
import socket
import subprocess
import sys
import time

from client import Client

START_PATIENCE = 60.0


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def descendants(pid):
    """The process and all below it, whichever thread has made them."""
    found = [pid]
    for one in found:
        for thread in pathlib.Path(f"/proc/{one}/task").glob("*/children"):
            try:
                found += [int(word) for word in thread.read_text().split()]
            except OSError:
                continue
    return found


def pss_megabytes(pid):
    total = 0
    for one in descendants(pid):
        text = pathlib.Path(f"/proc/{one}/smaps_rollup").read_text()
        total += sum(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:"))
    return total / 1024


class Server:
    """A server process of its own session; `started_ms` from exec to its first answer."""

    def __init__(self, words, port, log, ending):
        self.ending = ending
        self.client = Client(port)
        first = self.client.request("ecs", "DescribeClusters", {})
        begin = time.monotonic()
        self.process = subprocess.Popen(
            words, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
        try:
            self.client.connect(begin + START_PATIENCE)
            status, body = self.client.exchange(first)
            self.started_ms = (time.monotonic() - begin) * 1000
            if status != 200:
                raise RuntimeError(f"the first answer is {status} {body[:200]}")
        except BaseException:
            self.stop()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        self.client.close()
        if self.process.poll() is not None:
            return
        self.process.send_signal(self.ending)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def enibox(build, log):
    port = free_port()
    words = [f"{build}/enibox", "serve", "--listen", f"127.0.0.1:{port}", "--ephemeral"]
    return Server(words, port, log, signal.SIGTERM)


def moto_is_installed():
    return all(importlib.util.find_spec(name) for name in ("moto", "flask"))


def moto(log):
    port = free_port()
    program = "from moto.server import main; main()"
    return Server([sys.executable, "-c", program, "-H", "127.0.0.1", "-p", str(port)], port, log, signal.SIGKILL)
