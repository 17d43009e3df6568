#!/usr/bin/env bash
# --uplink leads from a task's network to the host's, as the host, and to nothing private; names outside of the VPC are asked of the
# host's resolvers. One network namespace plays the host and another a server of its network, so that no packet leaves this machine.
here=$(cd "$(dirname "$0")" && pwd)
case ${PHASE:-begin} in
begin)
  if [ "$(id -u)" != 0 ]; then
    "${ENIBOX_BUILD:?}/enibox" serve --listen 127.0.0.1:0 --uplink 2>&1 | grep -q 'only root may' || exit 1
    exit 77
  fi
  "${ENIBOX_BUILD:?}/enibox" serve --listen 127.0.0.1:0 --uplink-dns 127.0.0.1 2>&1 | grep -q 'needs --uplink' || exit 1
  PHASE=host exec unshare --net --mount "$0"
  ;;
host)
  ip link set lo up
  unshare --net sleep 600 &
  server=$!
  trap 'kill $server' EXIT
  until [ "$(readlink /proc/$server/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do sleep 0.05; done
  ip link add lan type veth peer name lan netns "$server"
  ip address add 8.8.4.1/24 dev lan && ip link set lan up
  ip route add 8.8.8.8 dev lan && ip route add 192.168.7.7 dev lan
  nsenter -t "$server" -n sh -c 'ip address add 8.8.8.8/32 dev lan; ip address add 192.168.7.7/32 dev lan
    ip link set lo up; ip link set lan up; ip route add 8.8.4.0/24 dev lan'
  nsenter -t "$server" -n python3 -c '
import http.server
class Tell(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers(); self.wfile.write(self.client_address[0].encode())
    def log_message(self, *words): pass
http.server.HTTPServer(("0.0.0.0", 80), Tell).serve_forever()' &
  web=$!
  nsenter -t "$server" -n "$here/name_server.py" 8.8.8.8 &
  names=$!
  # The host's resolvers: one where nobody answers, and one that does.
  conf=$(mktemp); chmod 644 "$conf"
  printf 'nameserver 8.8.4.1\nnameserver 8.8.8.8\n' >"$conf"
  mount -n --bind "$conf" /etc/resolv.conf
  trap 'kill $server $web $names; umount -n /etc/resolv.conf; rm -f "$conf"' EXIT
  PHASE=story LEAK_CHECK_EXACT=no ENIBOX_SERVE="--uplink --service-packet-rate 50" "$here/with_daemon.sh" "$here/uplink_test.sh" || exit
  # What a killed porter leaves on the host goes with the next start, and with `enibox stop`.
  sysctl -qw net.ipv4.ip_forward=0
  serve() { # LOG OPTION...
    "$ENIBOX_BUILD/enibox" serve --listen 127.0.0.1:0 --ephemeral "${@:2}" >"$1" 2>&1 &
    porter=$!
  }
  log=$(mktemp)
  within() { # SECONDS COMMAND...
    local deadline=$((SECONDS + $1)); shift
    until "$@"; do [ $SECONDS -lt $deadline ] || { echo "not within the time: $*"; cat "$log"; exit 1; }; sleep 0.1; done
  }
  forwards() { [ "$(cat /proc/sys/net/ipv4/ip_forward)" = 1 ] && nft list tables | grep -q enibox-; }
  is_clean() { [ "$(cat /proc/sys/net/ipv4/ip_forward)" = 0 ] && ! nft list tables | grep -q enibox-; }
  leave() {
    serve "$log" --uplink
    within 30 forwards
    kill -9 $porter; wait $porter
    within 30 sh -c '! ip -o link | grep -q enibox-'   # the box has ended
    forwards || { echo "a killed porter cleans up?"; exit 1; }
  }
  leave
  serve "$log"
  within 30 is_clean
  kill $porter; wait $porter
  echo "ok - the next start takes away what a killed porter left"
  leave
  "$ENIBOX_BUILD/enibox" stop --listen 127.0.0.1:1
  is_clean || { echo "enibox stop leaves it"; exit 1; }
  echo "ok - and so does enibox stop"
  rm -f "$log"
  exit 0
  ;;
esac

. "$here/lib.sh"
make_network
IGW=$(ask ec2 create-internet-gateway --query InternetGateway.InternetGatewayId)
aws ec2 attach-internet-gateway --internet-gateway-id "$IGW" --vpc-id "$VPC"
aws ec2 modify-subnet-attribute --subnet-id "$SUBNET" --map-public-ip-on-launch
TABLE=$(ask ec2 describe-route-tables --filters "Name=vpc-id,Values=$VPC" --query 'RouteTables[0].RouteTableId')
make_instance
HOST=$(ask ec2 describe-instances --instance-ids "$INSTANCE" --query 'Reservations[0].Instances[0].PrivateIpAddress')
check "the host has the device" bash -c 'ip -o link | grep -q enibox-'
check "without a route to the gateway nothing leaves" silence "$HOST" http://8.8.8.8/
aws ec2 create-route --route-table-id "$TABLE" --destination-cidr-block 0.0.0.0/0 --gateway-id "$IGW" >/dev/null
told() { [ "$(at "$HOST" curl -sS -m 3 http://8.8.8.8/)" = 8.8.4.1 ]; }
check "with one, a server of the host's network sees the host" told
check "private networks of the host stay out of reach" silence "$HOST" http://192.168.7.7/
check "and so does the host itself" silence "$HOST" "http://8.8.4.1:${ENDPOINT##*:}/"
check "the box's own internet answers as before" bash -c "[ -n \"\$(nsenter -t $(pid_with "$HOST") -U -n --preserve-credentials curl -s -m 3 http://192.0.2.1/)\" ]"

dig_at() { at "$HOST" dig +time=9 +tries=1 @10.0.0.2 "$@"; }
answers() { [ "$(dig_at +short "${@:2}")" = "$1" ]; }   # EXPECTED ARGUMENTS...
status_of() { dig_at "${@:2}" | grep -q "status: $1,"; } # STATUS ARGUMENTS...
many() { [ "$(dig_at +short many.example "$@" | wc -l)" = 200 ]; }
check "a name outside is the host's resolver's to answer" answers 8.8.8.80 www.example
check "over TCP, too" answers 8.8.8.80 +tcp www.example
check "the reverse name of an address outside" answers www.example. -x 8.8.8.8
check "a name that is not there" status_of NXDOMAIN none.example
check "the VPC's own names stay its own" answers "$HOST" "ip-${HOST//./-}.ec2.internal"
check "and what is not among them is not asked elsewhere" status_of NXDOMAIN www.ec2.internal
check "a long answer comes over TCP, whole" many
check "answers under a wrong id or to another question are not heard" answers 8.8.8.80 lies.example
check "what nobody answers is SERVFAIL, before a resolver's patience ends" status_of SERVFAIL +time=5 silent.example
check "a refusal is the answer" status_of REFUSED refused.example
check "and meanwhile others are answered" answers 8.8.8.80 www.example
# --service-packet-rate holds an interface to its packets a second; dig is far below that.
answers_to_flood() {
  at "$HOST" python3 -c '
import socket, struct, time
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.connect(("10.0.0.2", 53))
name = b"".join(bytes([len(l)]) + l for l in b"localhost".split(b".")) + b"\0"
for i in range(400):
    server.send(struct.pack("!HHHHHH", i, 0x100, 1, 0, 0, 0) + name + b"\0\1\0\1")
answers, server_end = 0, time.monotonic() + 1
server.settimeout(0.5)
try:
    while time.monotonic() < server_end and server.recv(512): answers += 1
except socket.timeout: pass
print(answers)'
}
held() { local n; n=$(answers_to_flood); echo "$n answers"; [ "$n" -ge 20 ] && [ "$n" -le 200 ]; }
check "a flood is held to the rate" held
on_instance "$INSTANCE" "$work/by-name" <<<'curl -sS -m 5 http://web.example/ | sed s/^/seen-/'
check "the instance reaches a server outside by its name" has 'seen-8\.8\.4\.1' "$work/by-name"
finish
