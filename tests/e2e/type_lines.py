#!/usr/bin/env python3
"""Types the lines of a file into an interactive command on a terminal, as a person would.

usage: type_lines.py LINES COMMAND [ARGUMENT...]

Each line is typed when the session is there and its output has been still for a moment. The transcript goes to stdout; the exit status is the command's.
"""
import os
import pty
import select
import signal
import sys
import time

QUIET_S = 0.4  # a prompt stands still this long
WHOLE_S = 120.0
SESSION = b"SessionId"  # the banner; what comes before is not the shell's


def main() -> int:
    with open(sys.argv[1], encoding="utf-8") as file:
        lines = [line.rstrip("\n") for line in file]
    pid, terminal = pty.fork()
    if pid == 0:
        os.execvp(sys.argv[2], sys.argv[2:])
    end = time.monotonic() + WHOLE_S
    transcript, last = b"", time.monotonic()
    while time.monotonic() < end:
        readable, _, _ = select.select([terminal], [], [], 0.05)
        if readable:
            try:
                data = os.read(terminal, 65536)
            except OSError:
                data = b""
            if not data:
                break
            sys.stdout.buffer.write(data)
            sys.stdout.flush()
            transcript, last = transcript + data, time.monotonic()
        elif lines and SESSION in transcript and time.monotonic() - last > QUIET_S:
            os.write(terminal, lines.pop(0).encode() + b"\r")
            last = time.monotonic()
    else:
        os.kill(pid, signal.SIGKILL)
    _, status = os.waitpid(pid, 0)
    return os.waitstatus_to_exitcode(status)


sys.exit(main())
