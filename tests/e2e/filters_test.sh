#!/usr/bin/env bash
# Network ACLs, managed prefix lists, secondary addresses and the source/destination check, asked of the API and met by the
# next packet.
. "$(dirname "$0")/lib.sh"

make_network
FAR=$(ask ec2 create-subnet --vpc-id "$VPC" --cidr-block 10.0.101.0/24 --availability-zone us-east-1a --query Subnet.SubnetId)
make_instance m5.4xlarge # eight interfaces
HOST=$(ask ec2 describe-instances --instance-ids "$INSTANCE" --query 'Reservations[0].Instances[0].PrivateIpAddress')
PRIMARY=$(ask ec2 describe-instances --instance-ids "$INSTANCE" --query 'Reservations[0].Instances[0].NetworkInterfaces[0].NetworkInterfaceId')
register web "$NGINX" >/dev/null
A=$(start_task web) B=$(start_task web)
C=$(SUBNET=$FAR start_task web)
for task in "$A" "$B" "$C"; do check "a task runs" until_true 30 status_is "$task" RUNNING; done
a=$(address_of "$A") b=$(address_of "$B") c=$(address_of "$C")
check "the third task is in the other subnet" bash -c "[[ $c == 10.0.101.* ]]"

echo "# network ACLs"
acl_of() { ask ec2 describe-network-acls --filters "Name=association.subnet-id,Values=$1" --query "NetworkAcls[0].$2"; }
entry() { aws ec2 "$1"-network-acl-entry --network-acl-id "$ACL" --rule-number "$2" "--$3" --protocol "$4" --cidr-block "$5" \
  --rule-action "$6" "${@:7}"; }
check "the default ACL lets tasks of two subnets meet" welcome "$a" "$c"
ACL=$(ask ec2 create-network-acl --vpc-id "$VPC" --query NetworkAcl.NetworkAclId)
OLD=$(ask ec2 describe-network-acls --filters "Name=association.subnet-id,Values=$FAR" \
  --query "NetworkAcls[0].Associations[?SubnetId=='$FAR'].NetworkAclAssociationId")
NEW=$(ask ec2 replace-network-acl-association --association-id "$OLD" --network-acl-id "$ACL" --query NewAssociationId)
check "a new ACL lets nothing in" silence "$a" "$c"
check "and nothing out" silence "$c" "$a"
check "inside the subnet it is not asked" welcome "$a" "$b"
entry create 100 ingress tcp 10.0.0.0/16 allow --port-range From=80,To=80
check "an entry for the way in alone: the answer is lost" silence "$a" "$c"
entry create 100 egress tcp 10.0.0.0/16 allow --port-range From=32768,To=65535
check "with one for the ephemeral ports it arrives" welcome "$a" "$c"
check "no other port" silence "$a" "$c:81"
entry create 90 ingress -1 "$a/32" deny
check "a lower number decides first" silence "$a" "$c"
check "for that address only" welcome "$b" "$c"
entry replace 90 ingress -1 "$a/32" allow
check "replaced" welcome "$a" "$c"
aws ec2 delete-network-acl-entry --network-acl-id "$ACL" --rule-number 100 --egress
check "without the way out it is silence again" silence "$a" "$c"
DEFAULT=$(acl_of "$SUBNET" NetworkAclId)
aws ec2 replace-network-acl-association --association-id "$NEW" --network-acl-id "$DEFAULT" >/dev/null
check "the default ACL back in its place" welcome "$a" "$c"
aws ec2 delete-network-acl --network-acl-id "$ACL"

echo "# prefix lists"
allow() { aws ec2 authorize-security-group-ingress --group-id "$GROUP" --ip-permissions "$1" >/dev/null; }
revoke() { aws ec2 revoke-security-group-ingress --group-id "$GROUP" --ip-permissions "$1" >/dev/null; }
revoke "IpProtocol=-1,UserIdGroupPairs=[{GroupId=$GROUP}]"
LIST=$(ask ec2 create-managed-prefix-list --prefix-list-name friends --max-entries 5 --address-family IPv4 \
  --entries "Cidr=$a/32,Description=one" --query PrefixList.PrefixListId)
check "nobody is let in" silence "$a" "$b"
allow "IpProtocol=tcp,FromPort=80,ToPort=80,PrefixListIds=[{PrefixListId=$LIST}]"
check "an address of the list is let in" welcome "$a" "$b"
check "another is not" silence "$c" "$b"
modify() { ask ec2 modify-managed-prefix-list --prefix-list-id "$LIST" --current-version "$1" "${@:2}" --query PrefixList.Version; }
modify 1 --add-entries "Cidr=10.0.101.0/24" --remove-entries "Cidr=$a/32" >/dev/null
check "an entry more is let in" welcome "$c" "$b"
check "an entry less is not" silence "$a" "$b"
ask ec2 restore-managed-prefix-list-version --prefix-list-id "$LIST" --previous-version 1 --current-version 2 >/dev/null
check "the earlier version is back in force" welcome "$a" "$b"
check "and no other" silence "$c" "$b"
check "a list in use stays" bash -c "! command aws --endpoint-url $ENDPOINT ec2 delete-managed-prefix-list --prefix-list-id $LIST"
revoke "IpProtocol=tcp,FromPort=80,ToPort=80,PrefixListIds=[{PrefixListId=$LIST}]"
check "without the rule nobody is let in" silence "$a" "$b"
ask ec2 delete-managed-prefix-list --prefix-list-id "$LIST" >/dev/null

echo "# secondary addresses and the source/destination check"
DOOR=$(ask ec2 create-security-group --group-name door --description door --vpc-id "$VPC" --query GroupId)
allow "IpProtocol=tcp,FromPort=80,ToPort=80,UserIdGroupPairs=[{GroupId=$DOOR}]"
aws ec2 modify-instance-attribute --instance-id "$INSTANCE" --groups "$GROUP" "$DOOR"
check "the instance is a member at once" welcome "$HOST" "$a"
from() { at "$HOST" curl -sS -m "${3:-3}" --interface "$1" "$2"; }
from_silent() { from "$1" "$2" 2; [ $? -eq 28 ]; }
at "$HOST" ip address add 10.0.100.200/24 dev eth0
check "an address that the interface does not have is not let out" from_silent 10.0.100.200 "$a"
aws ec2 assign-private-ip-addresses --network-interface-id "$PRIMARY" --private-ip-addresses 10.0.100.200 >/dev/null
check "assigned, it is a member's" from 10.0.100.200 "$a"
aws ec2 unassign-private-ip-addresses --network-interface-id "$PRIMARY" --private-ip-addresses 10.0.100.200
check "taken away, it is nobody's" from_silent 10.0.100.200 "$a"
aws ec2 modify-network-interface-attribute --network-interface-id "$PRIMARY" --no-source-dest-check
at "$HOST" ip address add 10.0.200.1/32 dev lo
allow "IpProtocol=udp,FromPort=9,ToPort=9,IpRanges=[{CidrIp=10.0.200.1/32}]"
hears() { # whether the task's eth0 sees a datagram that the instance sends from 10.0.200.1
  at "$a" timeout 5 python3 -c "
import socket, sys
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3)); s.bind(('eth0', 0)); s.settimeout($1)
print('listening', flush=True)
try:
    while b'foreign' not in s.recv(2000): pass
except TimeoutError: sys.exit(1)" >"$work/hears" &
  local listener=$!
  until_true 5 grep -q listening "$work/hears" || return 1
  at "$HOST" python3 -c "
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(('10.0.200.1', 0)); s.sendto(b'foreign', ('$a', 9))"
  wait $listener
}
check "without the check a foreign source passes" hears 3
aws ec2 modify-network-interface-attribute --network-interface-id "$PRIMARY" --source-dest-check
check "with it, not" bash -c "! $(declare -f hears at pid_with until_true); a=$a HOST=$HOST work=$work; ! hears 1"
finish
