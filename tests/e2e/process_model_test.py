#!/usr/bin/env python3
"""Porter, daemon and init: what starts, what dies when, and that nothing is left.

Run under leak_check.sh. ENIBOX is the program; with ENIBOX_E2E_USER=nobody (as root) every enibox
runs as an ordinary user with a single mapped id.
"""

import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import unittest

from enibox import (
    AS_NOBODY, EniboxTest, accepts, alive, children, name_of, namespace, processes_named,
    wait_until,
)


def init_of(daemon):
    return next(pid for pid in children(daemon.pid) if name_of(pid) == "enibox-init")


class StartAndStop(EniboxTest):
    def test_each_signal_ends_an_ephemeral_daemon_and_everything_with_it(self):
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            daemon = self.serve()
            pids = [daemon.daemon_pid, init_of(daemon)]
            self.assertTrue(accepts(daemon.port))
            daemon.signal(number)
            status, _, _ = daemon.wait()
            self.assertEqual(status, 0)
            # The porter waits for the whole box, so nothing needs a deadline here.
            self.assertEqual([pid for pid in pids if alive(pid)], [])
            self.assertFalse(accepts(daemon.port))

    def test_a_signal_before_the_daemon_is_ready_ends_it_too(self):
        daemon = self.start()
        wait_until(lambda: processes_named("enibox-init"), "the box is being made")
        daemon.signal(signal.SIGTERM)
        self.assertEqual(daemon.wait()[0], 0)
        self.assertEqual(processes_named("enibox"), [])

    def test_a_taken_port_is_refused_before_anything_starts(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            status, out, err = self.start(listen=f"127.0.0.1:{port}").wait()
        self.assertEqual(status, 1)
        self.assertIn(f"listen on 127.0.0.1:{port}", err)
        self.assertIn("Address already in use", err)
        self.assertEqual(processes_named("enibox"), [])

    def test_stop_finds_the_one_that_runs(self):
        daemon = self.serve()
        stopped = self.enibox("stop")
        self.assertEqual(stopped.returncode, 0, stopped.stderr)
        self.assertIn(f"http://127.0.0.1:{daemon.port}", stopped.stdout)
        self.assertEqual(daemon.wait()[0], 0)
        self.assertEqual(self.enibox("stop").stdout, "Nothing to stop.\n")

    def test_stop_asks_which_of_several(self):
        one, two = self.serve(), self.serve()
        refused = self.enibox("stop")
        self.assertEqual(refused.returncode, 1)
        self.assertIn(f"127.0.0.1:{one.port}", refused.stderr)
        self.assertIn(f"127.0.0.1:{two.port}", refused.stderr)
        self.assertEqual(self.enibox("stop", "--listen", f"127.0.0.1:{two.port}").returncode, 0)
        self.assertEqual(two.wait()[0], 0)
        self.assertTrue(accepts(one.port))
        self.assertEqual(self.enibox("stop", "--all").returncode, 0)
        self.assertEqual(one.wait()[0], 0)

    def test_env_leads_to_the_daemon_that_runs(self):
        daemon = self.serve()
        lines = self.enibox("env", "--shell").stdout.splitlines()
        self.assertIn(f"export AWS_ENDPOINT_URL=http://127.0.0.1:{daemon.port}", lines)
        self.assertIn("export AWS_ACCESS_KEY_ID=test", lines)
        # The last one serves AWS CLIs that do not read AWS_ENDPOINT_URL.
        self.assertTrue(lines[-1].startswith("aws() {"))
        self.assertTrue(all(line.startswith("export ") for line in lines[:-1]))

    def test_a_wrong_command_line_names_the_right_one(self):
        for words, hint in (
            (["serve", "--lisen", "127.0.0.1:0"], "did you mean --listen?"),
            (["serv"], "did you mean serve?"),
            (["serve", "--listen", "nonsense"], "such as 127.0.0.1:4566"),
            (["serve", "--account", "12"], "twelve digits"),
            (["serve", "--data-dir"], "--data-dir DIR"),
        ):
            refused = self.enibox(*words)
            self.assertEqual(refused.returncode, 2, words)
            self.assertIn(hint, refused.stderr)
        for command in ("serve", "stop", "env", "doctor", "version"):
            self.assertIn("Usage: enibox " + command, self.enibox(command, "--help").stdout)


class TheBox(EniboxTest):
    def test_the_daemon_is_in_namespaces_of_its_own(self):
        daemon = self.serve()
        inside, init = daemon.daemon_pid, init_of(daemon)
        for kind in ("user", "mnt", "net", "pid"):
            self.assertNotEqual(namespace(inside, kind), namespace("self", kind), kind)
            self.assertEqual(namespace(inside, kind), namespace(init, kind), kind)
        links = pathlib.Path(f"/proc/{inside}/net/dev").read_text().splitlines()[2:]
        self.assertEqual([line.split(":")[0].strip() for line in links], ["lo"])
        self.assertEqual(sorted(os.listdir(f"/proc/{inside}/root/run/enibox")),
                         ["hosts", "netns", "state"])
        self.assertEqual(os.readlink(f"/proc/{inside}/fd/0"), "/dev/null")

    def test_ids_are_mapped_so_that_runc_sees_a_user_namespace(self):
        daemon = self.serve()
        lines = pathlib.Path(f"/proc/{daemon.daemon_pid}/uid_map").read_text().splitlines()
        rows = [[int(word) for word in line.split()] for line in lines]
        if AS_NOBODY:
            self.assertEqual(rows, [[0, 65534, 1]])
        else:
            self.assertEqual(rows[0], [0, 0, 1])
            self.assertGreaterEqual(len(rows), 2)

    @unittest.skipUnless(AS_NOBODY and shutil.which("newuidmap"), "needs newuidmap and its user")
    def test_an_ordinary_user_with_subordinate_ids_gets_them_behind_its_own(self):
        ranges = self.dir / "ranges"
        ranges.write_text("nobody:300000:1000\n65534:400000:500\n")
        # /etc/subuid of this one command only.
        mounts = ('mount -n --bind "$1" /etc/subuid && mount -n --bind "$1" /etc/subgid && '
                  'shift && exec "$@"')
        serve = self.as_user([self.program, "serve", "--listen", "127.0.0.1:0"])
        daemon = self.start_command(["unshare", "--mount", "sh", "-c", mounts, "sh", str(ranges),
                                     *serve], as_user=False).wait_ready()
        for kind in ("uid_map", "gid_map"):
            text = pathlib.Path(f"/proc/{daemon.daemon_pid}/{kind}").read_text()
            rows = [[int(word) for word in line.split()] for line in text.splitlines()]
            self.assertEqual(rows, [[0, 65534, 1], [1, 300000, 1000], [1001, 400000, 500]])
        self.assertEqual(daemon.stop()[0], 0)

    def test_init_keeps_no_descriptor_of_the_daemon(self):
        for words in ([], ["--data-dir", self.data_dir()]):
            daemon = self.serve(*words)
            init = init_of(daemon)
            held = [os.readlink(f"/proc/{init}/fd/{fd}") for fd in os.listdir(f"/proc/{init}/fd")]
            kinds = sorted(name.split(":")[0] for name in held)
            # Its control socket, and where it waits for signals.
            self.assertEqual(kinds, ["anon_inode", "socket"])
            daemon.stop()

    def test_init_reaps_what_is_orphaned_in_the_box(self):
        daemon = self.serve()
        inside = daemon.daemon_pid
        enter = ["nsenter", "-t", str(inside), "-U", "-m", "-p", "--preserve-credentials"]
        if AS_NOBODY:
            enter = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", *enter]
        subprocess.run([*enter, "sh", "-c", "sleep 0.1 & sleep 0.1 &"], check=True)
        zombies = lambda: [  # noqa: E731
            pid for pid in children(init_of(daemon)) if name_of(pid) == "sleep"
        ]
        wait_until(lambda: not zombies(), "init has reaped both")


    @unittest.skipIf(AS_NOBODY, "an ordinary user gets no control group without delegation")
    def test_init_and_daemon_are_in_the_control_group_named_after_init(self):
        daemon = self.serve()
        name = rf"/enibox-\d+-{init_of(daemon)}-\d+/box$"
        for pid in (init_of(daemon), daemon.daemon_pid):
            file = pathlib.Path(f"/proc/{pid}/cgroup")
            wait_until(lambda: re.search(name, file.read_text(), re.M), f"{pid} is in the group")

    @unittest.skipIf(AS_NOBODY, "an ordinary user gets no control group without delegation")
    def test_the_next_start_sweeps_the_group_that_a_killed_porter_left(self):
        def groups(init):
            # find goes on where a directory vanishes under its eyes.
            own = os.stat("/proc/self/ns/pid").st_ino
            found = subprocess.run(["find", "/sys/fs/cgroup", "-name", f"enibox-{own}-{init}-*"],
                                   capture_output=True, text=True, check=False)
            return found.stdout.split()

        killed = self.serve()
        init = init_of(killed)
        self.assertTrue(groups(init))
        killed.signal(signal.SIGKILL)
        killed.wait()
        wait_until(lambda: not alive(init), "the box has ended")
        self.serve()
        wait_until(lambda: not groups(init), "the next start has swept it")

    def test_where_user_namespaces_are_refused_root_goes_without_one(self):
        # In a user namespace whose own limit of further ones is 0 the program is root.
        command = ["sh", "-c", 'echo 0 >/proc/sys/user/max_user_namespaces && exec "$@"', "sh",
                   self.program, "serve", "--listen", "127.0.0.1:0"]
        daemon = self.start_command(["unshare", "--user", "--map-root-user", "--mount",
                                     "--mount-proc", "--pid", "--fork", "--kill-child", *command])
        daemon.wait_ready()
        inside = processes_named("enibox-daemon")[0]
        porter = processes_named("enibox")[0]
        self.assertEqual(namespace(inside, "user"), namespace(porter, "user"))
        for kind in ("mnt", "net", "pid"):
            self.assertNotEqual(namespace(inside, kind), namespace(porter, kind), kind)
        os.kill(porter, signal.SIGTERM)
        status, _, err = daemon.wait()
        self.assertEqual(status, 0)
        self.assertIn("no user namespace for the box", err)


class Doctor(EniboxTest):
    def test_a_lack_is_named_with_its_mend_and_the_exit_status(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            address = f"127.0.0.1:{taken.getsockname()[1]}"
            report = self.enibox("doctor", "--listen", address, "--image-store", str(self.dir))
        self.assertEqual(report.returncode, 1)
        self.assertRegex(report.stdout, r"ok +user, mount, network and pid namespaces")
        self.assertRegex(report.stdout, rf"LACKS +the address {address}")
        self.assertIn("mend: enibox serve --listen 127.0.0.1:0", report.stdout)
        self.assertRegex(report.stdout, r"LACKS +images")

    def test_an_address_that_enibox_has_is_no_lack(self):
        daemon = self.serve()
        report = self.enibox("doctor", "--listen", f"127.0.0.1:{daemon.port}")
        self.assertIn(f"Enibox itself listens there, pid {daemon.pid}", report.stdout)


class DataDir(EniboxTest):
    def test_a_second_daemon_is_refused_and_told_by_whom(self):
        daemon = self.serve("--data-dir", self.data_dir())
        status, _, err = self.start("--data-dir", self.data_dir()).wait()
        self.assertEqual(status, 3)
        self.assertIn(f"pid {daemon.pid}", err)
        self.assertIn("enibox stop --data-dir", err)
        self.assertTrue(alive(daemon.daemon_pid))

    def test_the_box_lives_on_and_the_next_daemon_enters_it(self):
        data = self.data_dir()
        first = self.serve("--data-dir", data)
        init, port = self.init_pid(data), first.port
        status, out, _ = first.stop()
        self.assertEqual(status, 0)
        self.assertIn("run on", out)
        self.assertTrue(alive(init))
        self.assertFalse(accepts(port))
        second = self.serve("--data-dir", data, listen=f"127.0.0.1:{port}")
        self.assertEqual(self.init_pid(data), init)
        self.assertEqual(namespace(second.daemon_pid, "pid"), namespace(init, "pid"))
        self.assertEqual(self.enibox("stop", "--data-dir", data).returncode, 0)
        self.assertEqual(second.wait()[0], 0)
        self.assertFalse(alive(init))

    @unittest.skipIf(AS_NOBODY, "only root may write to /run")
    def test_a_data_dir_below_run_is_seen_although_the_box_covers_run(self):
        data = "/run/e2e-data"
        try:
            daemon = self.serve("--data-dir", data, "--image-store", "/run/not-there")
            self.assertEqual(os.listdir(f"/proc/{daemon.daemon_pid}/root{data}"), os.listdir(data))
            self.assertEqual(self.enibox("stop", "--data-dir", data).returncode, 0)
        finally:
            shutil.rmtree(data)

    def test_stop_ends_a_box_whose_daemon_is_gone(self):
        data = self.data_dir()
        self.serve("--data-dir", data).stop()
        init = self.init_pid(data)
        self.assertEqual(self.enibox("stop", "--data-dir", data).returncode, 0)
        self.assertFalse(alive(init))
        self.assertEqual(self.enibox("stop", "--data-dir", data).stdout, "Nothing to stop.\n")

    def test_a_record_of_a_process_with_the_same_number_is_no_box(self):
        data = self.data_dir()
        first = self.serve("--data-dir", data)
        first.stop()
        old = self.init_pid(data)
        self.assertEqual(self.enibox("stop", "--data-dir", data).returncode, 0)
        record = pathlib.Path(data) / "box.json"
        self.assertFalse(record.exists())
        second = self.serve("--data-dir", data)
        # As after a reboot: the number is somebody else's now.
        text = record.read_text().replace(f'"pid": {self.init_pid(data)},', f'"pid": {os.getpid()},')
        second_init = init_of(second)
        self.enibox("stop", "--data-dir", data)
        record.write_text(text)
        third = self.serve("--data-dir", data)
        self.assertNotIn(self.init_pid(data), (old, second_init, os.getpid()))
        self.assertEqual(third.stop()[0], 0)


class Killed(EniboxTest):
    def test_daemon_of_an_ephemeral_box(self):
        daemon = self.serve()
        init, inside = init_of(daemon), daemon.daemon_pid
        os.kill(inside, signal.SIGKILL)
        status, _, err = daemon.wait()
        self.assertEqual(status, 137)
        self.assertIn(f"the daemon (pid {inside}) was killed by signal 9", err)
        self.assertFalse(alive(init))
        self.assertFalse(accepts(daemon.port))

    def test_porter_of_an_ephemeral_box(self):
        daemon = self.serve()
        init, inside = init_of(daemon), daemon.daemon_pid
        daemon.signal(signal.SIGKILL)
        daemon.wait()
        wait_until(lambda: not alive(inside) and not alive(init), "daemon and box have ended")
        self.assertFalse(accepts(daemon.port))
        self.assertEqual(self.enibox("stop").stdout, "Nothing to stop.\n")

    def test_init_takes_everything_with_it_and_the_porter_says_so(self):
        for words in ([], ["--data-dir", self.data_dir()]):
            daemon = self.serve(*words)
            init = init_of(daemon)
            os.kill(init, signal.SIGKILL)
            status, _, err = daemon.wait()
            self.assertNotEqual(status, 0)
            self.assertIn(f"the box's init (pid {init}) has died", err)
            self.assertEqual(processes_named("enibox"), [])
        # The next daemon makes a new box.
        again = self.serve("--data-dir", self.data_dir())
        self.assertNotEqual(init_of(again), init)

    def test_daemon_then_a_second_one_gets_port_lock_and_box(self):
        data = self.data_dir()
        first = self.serve("--data-dir", data)
        init, port = self.init_pid(data), first.port
        os.kill(first.daemon_pid, signal.SIGKILL)
        self.assertEqual(first.wait()[0], 137)
        self.assertTrue(alive(init))
        second = self.serve("--data-dir", data, listen=f"127.0.0.1:{port}")
        self.assertEqual(self.init_pid(data), init)
        self.assertTrue(accepts(second.port))
        self.assertEqual(second.port, port)

    def test_porter_then_a_second_one_gets_port_lock_and_box(self):
        data = self.data_dir()
        first = self.serve("--data-dir", data)
        init, port = self.init_pid(data), first.port
        first.signal(signal.SIGKILL)
        first.wait()
        # At once: it waits for the old daemon, which is ending.
        second = self.serve("--data-dir", data, listen=f"127.0.0.1:{port}")
        self.assertEqual(self.init_pid(data), init)
        self.assertEqual(namespace(second.daemon_pid, "net"), namespace(init, "net"))

    def test_everything_at_once(self):
        data = self.data_dir()
        first = self.serve("--data-dir", data)
        init, inside = self.init_pid(data), first.daemon_pid
        first.signal(signal.SIGSTOP)
        os.kill(inside, signal.SIGKILL)
        first.signal(signal.SIGKILL)
        first.wait()
        self.assertTrue(alive(init))
        self.assertEqual(self.enibox("stop", "--data-dir", data).returncode, 0)
        self.assertFalse(alive(init))


if __name__ == "__main__":
    unittest.main(verbosity=2)
