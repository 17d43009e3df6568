"""Starting, watching and ending the real program, for the e2e tests."""

import json
import os
import pathlib
import re
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest

PROGRAM = os.environ.get("ENIBOX", "build/enibox")
AS_NOBODY = os.environ.get("ENIBOX_E2E_USER") == "nobody"
DEADLINE = 20.0


def wait_until(condition, what, deadline=DEADLINE):
    """The first true value of condition(); fails when there is none in time."""
    end = time.monotonic() + deadline
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"not within {deadline} s: {what}")
        time.sleep(0.005)


def alive(pid):
    """A zombie is not alive."""
    try:
        text = pathlib.Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return text.rsplit(")", 1)[1].split()[0] not in "ZX"


def children(pid):
    text = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(word) for word in text.split()]


def name_of(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/comm").read_text().strip()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def processes_named(prefix):
    pids = (int(p.name) for p in pathlib.Path("/proc").iterdir() if p.name.isdigit())
    return [pid for pid in pids if name_of(pid).startswith(prefix) and alive(pid)]


def namespace(pid, kind):
    return os.readlink(f"/proc/{pid}/ns/{kind}")


def accepts(port):
    with socket.socket() as probe:
        probe.settimeout(2)
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Daemon:
    """One `enibox serve`; `process` is the porter."""

    def __init__(self, command, environment):
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment
        )
        self.out = b""
        self.ready_after = None

    def wait_ready(self):
        started = time.monotonic()
        while b"ready" not in self.out:
            readable, _, _ = select.select([self.process.stdout], [], [], DEADLINE)
            part = os.read(self.process.stdout.fileno(), 4096) if readable else b""
            if not part:
                self.process.kill()
                raise AssertionError(f"never ready: {self.process.communicate()[1].decode()}")
            self.out += part
        self.ready_after = time.monotonic() - started
        return self

    @property
    def pid(self):
        return self.process.pid

    @property
    def port(self):
        return int(re.search(rb"http://127\.0\.0\.1:(\d+)", self.out).group(1))

    @property
    def daemon_pid(self):
        return next(pid for pid in children(self.pid) if name_of(pid) == "enibox-daemon")

    def signal(self, number):
        self.process.send_signal(number)

    def wait(self):
        """Exit status, standard output, standard error."""
        out, err = self.process.communicate(timeout=DEADLINE)
        return self.process.returncode, (self.out + out).decode(), err.decode()

    def stop(self):
        self.signal(signal.SIGTERM)
        return self.wait()


class EniboxTest(unittest.TestCase):
    """Gives a test a directory of its own and ends what it has started."""

    @classmethod
    def setUpClass(cls):
        cls.base = pathlib.Path(tempfile.mkdtemp(prefix="e2e-"))
        cls.base.chmod(0o755)
        cls.program = os.path.abspath(PROGRAM)
        if AS_NOBODY:
            # The build tree may be closed to others.
            cls.program = str(cls.base / "enibox")
            shutil.copy(PROGRAM, cls.program)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.base)

    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(dir=self.base))
        self.environment = dict(os.environ, HOME=str(self.dir), XDG_DATA_HOME=str(self.dir))
        self.environment.pop("XDG_RUNTIME_DIR", None)
        if AS_NOBODY:
            os.chown(self.dir, 65534, 65534)
            # Not /tmp/enibox-65534, which another run may use at the same time.
            self.environment["XDG_RUNTIME_DIR"] = str(self.dir)
        self.daemons = []

    def tearDown(self):
        self.enibox("stop", "--all")
        for daemon in self.daemons:
            if daemon.process.poll() is None:
                daemon.process.kill()
            daemon.process.communicate(timeout=DEADLINE)
        wait_until(lambda: not processes_named("enibox"), "every process of the test has ended")
        self.assertFalse((self.dir / "enibox").exists(), "the registry is gone with its last entry")

    def as_user(self, words):
        if AS_NOBODY:
            return ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", *words]
        return words

    def enibox(self, *words):
        return subprocess.run(
            self.as_user([self.program, *words]), env=self.environment, capture_output=True, text=True, timeout=60
        )

    def start(self, *words, listen="127.0.0.1:0"):
        return self.start_command([self.program, "serve", "--listen", listen, *words])

    def start_command(self, words, as_user=True):
        daemon = Daemon(self.as_user(words) if as_user else words, self.environment)
        self.daemons.append(daemon)
        return daemon

    def serve(self, *words, listen="127.0.0.1:0"):
        return self.start(*words, listen=listen).wait_ready()

    def data_dir(self):
        return str(self.dir / "data")

    def init_pid(self, data_dir):
        return json.loads((pathlib.Path(data_dir) / "box.json").read_text())["init"]["pid"]
