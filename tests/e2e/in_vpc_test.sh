#!/usr/bin/env bash
# `enibox in-vpc`: a command of this machine with an interface of its own in a VPC, and nothing left of it.
. "$(dirname "$0")/lib.sh"

build=${ENIBOX_BUILD:-$(dirname "$0")/../../build}
user=(); [ -z "${DAEMON_USER:-}" ] || user=(setpriv "--reuid=$DAEMON_USER" "--regid=$DAEMON_USER" --clear-groups env HOME=/nonexistent)
as() { "${user[@]}" "$@"; }
in_vpc() { as "$build/enibox" in-vpc --subnet "$SUBNET" --security-group "$GROUP" "$@"; }
status() { local want=$1; shift; "$@"; local got=$?; [ $got -eq "$want" ] || { echo "ended with $got"; return 1; }; }
interfaces() { ask ec2 describe-network-interfaces --filters "Name=vpc-id,Values=$VPC" --query 'length(NetworkInterfaces)'; }
count_is() { [ "$(interfaces)" = "$1" ]; }

make_network
cd "$work"; chmod 777 "$work"
check "there is no interface at first" count_is 0
MARK=from-outside in_vpc -- bash -c 'ip -o -4 addr show dev eth0; ip route; cat /etc/resolv.conf; pwd; echo $MARK; tty -s || echo no tty
  dig +short ip-10-0-100-9.ec2.internal; ls '"$work"'; ip -o link | wc -l' >"$work/look" 2>&1
check "it has an eth0 with an address of the subnet" has 'eth0 +inet 10\.0\.100\.[0-9]+/24' "$work/look"
check "and a default route" has 'default via 10\.0\.100\.1 dev eth0' "$work/look"
check "resolv.conf there names the VPC's resolver" has 'nameserver 10\.0\.0\.2' "$work/look"
check "names resolve with it" has '^10\.0\.100\.9$' "$work/look"
check "the directory is the caller's" has "^$work\$" "$work/look"
check "the environment is the caller's" has '^from-outside$' "$work/look"
check "the files are this machine's" has '^look$' "$work/look"
check "there are no other links than lo and eth0" has '^2$' "$work/look"
check "this machine's own resolv.conf is what it was" hasnt 'nameserver 10\.0\.0\.2' /etc/resolv.conf
check "when it returns, nothing is left" count_is 0

check "the exit status is the command's" status 7 in_vpc -- sh -c 'exit 7'
check "128 and the signal's number when it was killed" status 143 in_vpc -- sh -c 'kill -TERM $$'
check "127 when there is no such command" status 127 in_vpc -- /no/such/command
check "126 when it cannot be run" status 126 in_vpc -- /etc/passwd
echo hello | in_vpc -- tr a-z A-Z >"$work/piped"
check "a pipe goes through" has '^HELLO$' "$work/piped"
check "still nothing is left" count_is 0

# What cannot be is said, and nothing is made.
refused() { local text=$1; shift; status 125 "$@" 2>"$work/refusal" && has "$text" "$work/refusal"; }
check "a subnet that is not there" refused 'InvalidSubnetID.NotFound' as "$build/enibox" in-vpc --subnet subnet-0123456789abcdef0 -- true
check "a group that is not there" refused 'InvalidGroup.NotFound' as "$build/enibox" in-vpc --subnet "$SUBNET" --security-group sg-0123456789abcdef0 -- true
check "a subnet of another region" refused 'InvalidSubnetID.NotFound' in_vpc --region eu-west-1 -- true
check "a wrong flag is named" bash -c "'$build/enibox' in-vpc --subnets x -- true 2>&1 | grep -q 'did you mean --subnet'"
check "without a command" status 2 in_vpc
check "nothing was made" count_is 0

# Two of them meet, by what the groups say.
"${user[@]}" "$build/enibox" in-vpc --subnet "$SUBNET" --security-group "$GROUP" -- python3 -m http.server 8000 >"$work/server" 2>&1 &
server=$!
check "a server's interface comes up" until_true 20 count_is 1
ADDRESS=$(ask ec2 describe-network-interfaces --filters "Name=vpc-id,Values=$VPC" --query 'NetworkInterfaces[0].PrivateIpAddress')
check "EC2 shows whose it is" bash -c "[ '$(ask ec2 describe-network-interfaces --filters "Name=vpc-id,Values=$VPC" --query 'NetworkInterfaces[0].[Status,Description]')' = \$'in-use\tenibox in-vpc: python3' ]"
answered() { in_vpc -- curl -sS -m 2 -o /dev/null "http://$ADDRESS:8000/"; }
check "another command in the group reaches it" until_true 20 answered
check "by its name, too" in_vpc -- curl -sS -m 5 -o /dev/null "http://ip-${ADDRESS//./-}.ec2.internal:8000/"
check "a command in the default group does not" status 28 as "$build/enibox" in-vpc --subnet "$SUBNET" -- curl -sS -m 1 "http://$ADDRESS:8000/"
ENI=$(ask ec2 describe-network-interfaces --filters "Name=vpc-id,Values=$VPC" --query 'NetworkInterfaces[0].NetworkInterfaceId')
check "users cannot delete its interface" bash -c "! command aws --endpoint-url $ENDPOINT ec2 delete-network-interface --network-interface-id $ENI"

as "$build/enibox" topology >"$work/tree"
check "topology shows it" has "$ENI +$ADDRESS .*enibox in-vpc: python3" "$work/tree"
as "$build/enibox" topology --json >"$work/json"
check "topology --json is JSON" jq -e ".Regions[0].Vpcs[] | select(.VpcId == \"$VPC\") | .Subnets[0].NetworkInterfaces[0].NetworkInterfaceId == \"$ENI\"" "$work/json"
check "a browser's page cannot have it" bash -c "[ \$(curl -s -o /dev/null -w '%{http_code}' $ENDPOINT/_enibox/topology) = 403 ]"

kill -TERM $server; wait $server
check "a signal ends the command, and nothing is left" until_true 10 count_is 0
"${user[@]}" "$build/enibox" in-vpc --subnet "$SUBNET" -- sh -c 'echo $$ >pid; exec sleep 1000' &
victim=$!
check "another one runs" until_true 20 test -s pid
kill -KILL $victim; wait $victim 2>/dev/null
check "killed hard: the interface goes" until_true 10 count_is 0
check "and the command, too" until_true 10 bash -c "! kill -0 $(cat pid) 2>/dev/null"
finish
