"""Two ways to the same nginx for the same client: from task to task through a VPC, and through a port that a docker-like
bridge publishes (bridge, DNAT, masquerading, a filter with connection tracking). Root only: the second one is made here.

    with Paths(CLIENT_PID, SERVER_PID, SERVER_ADDRESS) as paths:
        paths.requests_per_second(paths.vpc)
"""

import re
import shutil
import subprocess

PUBLISHED = "192.168.77.1:8080"
RULES = """
table ip docker {
  chain prerouting { type nat hook prerouting priority dstnat; fib daddr type local jump published; }
  chain postrouting { type nat hook postrouting priority srcnat; ip saddr 172.31.0.0/24 oifname != "br0" masquerade; }
  chain published { iifname != "br0" tcp dport 8080 dnat to 172.31.0.2:80; }
  chain forward {
    type filter hook forward priority filter; policy drop;
    oifname "br0" ct state related,established accept
    iifname != "br0" oifname "br0" ip daddr 172.31.0.2 tcp dport 80 accept
    iifname "br0" accept
  }
}
"""


def missing():
    return [program for program in ("wrk", "nft", "nsenter") if not shutil.which(program)]


class Paths:
    def __init__(self, client, server, address):
        self.client, self.server = client, server
        self.vpc, self.docker = f"http://{address}/", f"http://{PUBLISHED}/"
        self.host = None

    def __enter__(self):
        # Born in a namespace of its own, which ends with it.
        self.host = subprocess.Popen(["unshare", "-n", "sleep", "600"])
        try:
            self.wait_for_namespace()
            self.on_host("ip", "link", "add", "br0", "type", "bridge")
            self.on_host("ip", "address", "add", "172.31.0.1/24", "dev", "br0")
            self.on_host("ip", "link", "set", "br0", "up")
            self.join("to-server", self.server, "172.31.0.2/24", "master", "br0")
            self.at(self.server, "ip", "route", "add", "192.168.77.0/24", "via", "172.31.0.1")
            self.join("to-client", self.client, "192.168.77.2/24")
            self.on_host("ip", "address", "add", "192.168.77.1/24", "dev", "to-client")
            self.on_host("sysctl", "-qw", "net.ipv4.ip_forward=1")
            self.on_host("nft", "-f", "-", text=RULES)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.host.kill()
        self.host.wait()

    def wait_for_namespace(self):
        own = subprocess.run(["readlink", "/proc/self/ns/net"], capture_output=True, text=True).stdout
        for _ in range(1000):
            there = subprocess.run(["readlink", f"/proc/{self.host.pid}/ns/net"], capture_output=True, text=True).stdout
            if there and there != own:
                return
        raise RuntimeError("unshare made no namespace")

    def join(self, device, pid, address, *more):
        self.on_host(*f"ip link add {device} type veth peer name dk0 netns {pid}".split())
        self.on_host("ip", "link", "set", device, *more, "up")
        self.at(pid, "ip", "address", "add", address, "dev", "dk0")
        self.at(pid, "ip", "link", "set", "dk0", "up")

    def on_host(self, *words, text=None):
        self.enter(self.host.pid, ["-n"], words, text)

    def at(self, pid, *words):
        return self.enter(pid, ["-U", "-n", "--preserve-credentials"], words)

    @staticmethod
    def enter(pid, options, words, text=None):
        done = subprocess.run(
            ["nsenter", "-t", str(pid), *options, *words], input=text, capture_output=True, text=True, timeout=60
        )
        if done.returncode != 0:
            raise RuntimeError(f"{' '.join(words)}: {done.stderr}")
        return done.stdout

    def requests_per_second(self, url, *headers):
        """wrk with 32 connections; with the header "Connection: close" each request is a connection of its own."""
        more = [word for header in headers for word in ("-H", header)]
        out = self.at(self.client, "wrk", "-t1", "-c32", "-d2s", *more, url)
        return float(re.search(r"Requests/sec:\s+([\d.]+)", out).group(1))
