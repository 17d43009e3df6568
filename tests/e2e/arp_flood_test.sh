#!/usr/bin/env bash
# NET_RAW is a default capability: a task may forge ARP as fast as it can, and disturbs nobody.
. "$(dirname "$0")/lib.sh"

make_network
make_instance m5.4xlarge
HOST=$(ask ec2 describe-instances --instance-ids "$INSTANCE" --query 'Reservations[0].Instances[0].PrivateIpAddress')
register web "$NGINX" >/dev/null
LIAR=$(start_task web) A=$(start_task web) B=$(start_task web)
for task in "$LIAR" "$A" "$B"; do check "a task runs" until_true 30 status_is "$task" RUNNING; done
liar=$(address_of "$LIAR") a=$(address_of "$A") b=$(address_of "$B")
check "before: they answer" welcome "$a" "$b"

# Requests and replies in the names of all addresses of the subnet, the neighbours' and the router's among them.
cat >"$work/flood.py" <<'P'
import itertools, os, socket, struct, sys
raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
raw.bind(("eth0", 0x0806))
for n in itertools.count():
    mac = bytes([2]) + struct.pack("!IB", n & 0xffffffff, n % 251)
    sender = bytes([10, 0, 100, n % 255])
    target = bytes([10, 0, 100, (n * 7) % 255])
    arp = struct.pack("!HHBBH6s4s6s4s", 1, 0x0800, 6, 4, 1 + n % 2, mac, sender, b"\0" * 6, target)
    try:
        raw.send(b"\xff" * 6 + mac + struct.pack("!H", 0x0806) + arp)
    except OSError:
        pass
    if n == 20000:
        open(sys.argv[1], "w").close()
P
nsenter -t "$(pid_with "$liar")" -U -n --preserve-credentials python3 "$work/flood.py" "$work/flooding" &
flood=$!
trap 'kill $flood 2>/dev/null; rm -rf "$work"' EXIT
check "twenty thousand forged packets are out" until_true 30 test -e "$work/flooding"
NEW=$(start_task web)
for round in 1 2 3; do
  check "task to task, in the flood" welcome "$a" "$b"
  check "instance to task, in the flood" welcome "$HOST" "$b"
  # As if never met before: a neighbour entry of a forged MAC would be found now.
  at "$a" ip neigh flush all
done
check "a task that starts in the flood runs" until_true 30 status_is "$NEW" RUNNING
check "and answers" welcome "$a" "$(address_of "$NEW")"
at "$a" ip -4 neigh show dev eth0 >"$work/neighbours"
check "whoever a task knows has one MAC: the router's" bash -c "[ \$(grep -o 'lladdr [0-9a-f:]*' $work/neighbours | sort -u | wc -l) = 1 ]"
check "the flood goes on" kill -0 "$flood"
kill "$flood"; wait "$flood" 2>/dev/null
check "afterwards the liar is heard like anybody" welcome "$liar" "$a"
finish
