#!/usr/bin/env python3
"""Ten thousand idle connections do not stop the next request, nor do those that dribble."""
import os
import resource
import socket
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "bench"))
from client import Client

PORT = int(os.environ["ENDPOINT"].rsplit(":", 1)[1])
WANTED = 10_000


class IdleTest(unittest.TestCase):
    def setUp(self):
        _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        self.count = min(WANTED, hard - 200)
        self.idle = []
        self.addCleanup(lambda: [one.close() for one in self.idle])

    def test_the_next_request_is_answered(self):
        for number in range(self.count):
            one = socket.create_connection(("127.0.0.1", PORT), 20)
            if number % 3 == 0:
                one.sendall(b"POST / HTTP/1.1\r\nHost: localhost\r\n")  # and never more
            self.idle.append(one)
        client = Client(PORT)
        for _ in range(20):
            client.ecs("ListClusters")
        client.close()
        again = Client(PORT)
        again.ecs("ListClusters")
        again.close()


if __name__ == "__main__":
    unittest.main()
