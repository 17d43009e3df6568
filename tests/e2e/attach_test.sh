#!/usr/bin/env bash
# `enibox attach`: a route from the host into a VPC. A namespace plays the host, so that the machine's own routes are
# never touched.
set -u
if [ -z "${ATTACH_INSIDE:-}" ]; then
  [ "$(id -u)" = 0 ] || { echo "skipped: only root can attach"; exit 77; }
  export ATTACH_INSIDE=yes
  exec unshare --net sh -c 'ip link set lo up; exec "$@"' sh "$(dirname "$0")/with_daemon.sh" "$0"
fi
. "$(dirname "$0")/lib.sh"

build=${ENIBOX_BUILD:-$(dirname "$0")/../../build}
enibox() { "$build/enibox" "$@"; }
routes() { ip route; ip -o -4 addr show | grep -v ' lo '; ip -o link | grep -v ': lo:'; }
at_first=$(routes)
nothing_is_left() { [ "$(routes)" = "$at_first" ]; }

make_network
OTHER=$(ask ec2 create-vpc --cidr-block 10.1.0.0/16 --query Vpc.VpcId)
ask ec2 create-subnet --vpc-id "$OTHER" --cidr-block 10.1.0.0/24 >/dev/null
check "at first this host has no route at all" bash -c '[ -z "$(ip route)" ]'
check "there are two VPCs: it must be said which" bash -c "'$build/enibox' attach 2>&1 | grep -q 'several VPCs'"
check "a VPC that is not there is named" bash -c "'$build/enibox' attach --vpc vpc-0123456789abcdef0 2>&1 | grep -q InvalidVpcID.NotFound"
check "a wrong flag, too" bash -c "'$build/enibox' attach --vpcs x 2>&1 | grep -q 'did you mean --vpc'"
check "and nothing has changed" nothing_is_left

ip link add wg0 type veth peer name wg1; ip link set wg0 up; ip link set wg1 up; ip route add 10.0.0.0/8 dev wg0
before=$(routes)
enibox attach --vpc "$VPC" >"$work/overlap" 2>&1
check "a route that overlaps is a refusal that names it" has '10\.0\.0\.0/16 overlaps a route of this machine: 10\.0\.0\.0/8 dev wg0' "$work/overlap"
check "and nothing has changed" bash -c "[ '$(routes)' = '$before' ]"
check "nor in the VPC" bash -c "[ '$(ask ec2 describe-network-interfaces --filters "Name=vpc-id,Values=$VPC" --query 'length(NetworkInterfaces)')' = 0 ]"
ip link del wg0

"$build/enibox" in-vpc --subnet "$SUBNET" --security-group "$GROUP" -- python3 -m http.server 8000 >/dev/null 2>&1 &
server=$!
count_is() { [ "$(ask ec2 describe-network-interfaces --filters "Name=vpc-id,Values=$VPC" --query 'length(NetworkInterfaces)')" = "$1" ]; }
check "a server in the VPC" until_true 20 count_is 1
ADDRESS=$(ask ec2 describe-network-interfaces --filters "Name=vpc-id,Values=$VPC" --query 'NetworkInterfaces[0].PrivateIpAddress')

check "attach" enibox attach --vpc "$VPC" --security-group "$GROUP"
ip route >"$work/routes"
check "the route to the VPC is there" has '^10\.0\.0\.0/16 via 10\.0\.100\.1 dev enibox0' "$work/routes"
check "and no default route" hasnt '^default' "$work/routes"
reaches() { curl -sS -m 2 -o /dev/null "http://$ADDRESS:8000/"; }
check "the host reaches what its group lets it" until_true 20 reaches
check "the host asks the VPC's resolver" bash -c "[ \"\$(dig +short +time=2 @10.0.0.2 ip-${ADDRESS//./-}.ec2.internal)\" = $ADDRESS ]"
check "a second attach is refused" bash -c "'$build/enibox' attach --vpc '$OTHER' 2>&1 | grep -q 'already'"
check "detach" bash -c "'$build/enibox' detach | grep -q 'Detached from $VPC'"
check "takes everything away" until_true 10 nothing_is_left
check "a second detach says so" bash -c "'$build/enibox' detach | grep -q 'attached to nothing'"

check "in the default group" enibox attach --vpc "$VPC"
check "the host reaches nothing, by the VPC's rules" bash -c "! curl -sS -m 1 -o /dev/null http://$ADDRESS:8000/"
aws_reset() { curl -fsS -m 30 -X POST -H 'Authorization: x' "$ENDPOINT/_enibox/reset" >/dev/null; }
check "a reset of the daemon takes it away, too" aws_reset
check "and the host has nothing again" until_true 10 nothing_is_left
kill $server 2>/dev/null; wait $server 2>/dev/null
finish
