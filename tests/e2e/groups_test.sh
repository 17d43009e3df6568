#!/usr/bin/env bash
# Security groups judge packets: what no rule allows is lost in silence, and an answer of the API leaves when the next packet obeys it.
. "$(dirname "$0")/lib.sh"

group() { ask ec2 create-security-group --group-name "$1" --description "$1" --vpc-id "$VPC" --query GroupId; }
allow() { ask ec2 authorize-security-group-"$1" --group-id "$2" --ip-permissions "$3" >/dev/null; }
revoke() { ask ec2 revoke-security-group-"$1" --group-id "$2" --ip-permissions "$3" >/dev/null; }
from_group() { echo "IpProtocol=${2:--1},${3:+FromPort=$3,ToPort=$3,}UserIdGroupPairs=[{GroupId=$1}]"; }
from_cidr() { echo "IpProtocol=${2:--1},${3:+FromPort=$3,ToPort=$3,}IpRanges=[{CidrIp=$1}]"; }
groups_of() { ask ec2 describe-network-interfaces --network-interface-ids "$1" --query 'NetworkInterfaces[0].Groups[].GroupId'; }

user=(); [ -z "${DAEMON_USER:-}" ] || user=(setpriv "--reuid=$DAEMON_USER" "--regid=$DAEMON_USER" --clear-groups env HOME=/nonexistent)
# What `enibox why` ends with for a flow to port 80, and a text in its answer.
why_says() { "${user[@]}" "${ENIBOX_BUILD:-../../build}/enibox" why "$3" "$4:80" --listen "${ENDPOINT#http://}" >"$work/why"; [ $? -eq "$1" ] && has "$2" "$work/why"; }

make_network
SELF=$(from_group "$GROUP")
revoke ingress "$GROUP" "$SELF"
OTHER=$(group other)
make_instance m5.4xlarge  # eight interfaces
HOST=$(ask ec2 describe-instances --instance-ids "$INSTANCE" --query 'Reservations[0].Instances[0].PrivateIpAddress')
register web "$NGINX" >/dev/null
A=$(start_task web) B=$(start_task web) C=$(start_task web "$OTHER")
for task in "$A" "$B" "$C"; do check "a task runs" until_true 30 status_is "$task" RUNNING; done
a=$(address_of "$A") b=$(address_of "$B") c=$(address_of "$C")

check "without the self-reference: instance to task is silence" silence "$HOST" "$a"
check "without the self-reference: task to task is silence" silence "$a" "$b"
check "'why' says so of a task and of an instance" why_says 1 ENI_SG_RULES_MISMATCH "$A" "$B"
check "and names the task" why_says 1 "task ${B##*/} in" "$INSTANCE" "${B##*/}"
check "a task always reaches itself by its own address" welcome "$a" "$a"
allow ingress "$GROUP" "$SELF"
check "with it, the very next packet passes: instance to task" welcome "$HOST" "$a"
check "with it: task to task" welcome "$a" "$b"
check "'why' says so" why_says 0 "allows all traffic from $GROUP" "$A" "$B"
check "of the instance, too" why_says 0 "$INSTANCE in" "$INSTANCE" "$a"
check "a task in another group is not a member" silence "$c" "$a"
# ping(8) sets its user id, which fails where one id is mapped: an ordinary user's box has TCP to tell.
can_ping() { at "$a" ping -c 1 -W 2 "$a" >/dev/null 2>&1; }
if can_ping; then check "ping passes, too" at "$a" ping -c 1 -W 2 "$b"; fi

revoke ingress "$GROUP" "$SELF"
check "after revoke a new flow is cut" silence "$a" "$b"
if can_ping; then check "and ping" bash -c "! nsenter -t $(pid_with "$a") -U -n --preserve-credentials ping -c 1 -W 1 $b"; fi

allow ingress "$GROUP" "$(from_cidr 10.0.100.0/24 tcp 80)"
check "a CIDR rule lets in whoever has such an address" welcome "$c" "$a"
check "but no other port" silence "$c" "$a:81"
revoke ingress "$GROUP" "$(from_cidr 10.0.100.0/24 tcp 80)"
allow ingress "$GROUP" "$(from_cidr "$c/32" tcp 80)"
check "a /32 lets in one" welcome "$c" "$a"
check "and no other" silence "$b" "$a"
revoke ingress "$GROUP" "$(from_cidr "$c/32" tcp 80)"

allow ingress "$GROUP" "$(from_group "$OTHER" tcp 80)"
check "a rule that names another group lets in its members" welcome "$c" "$a"
check "not one's own" silence "$b" "$a"

revoke egress "$OTHER" "$(from_cidr 0.0.0.0/0)"
check "without an egress rule nothing leaves" silence "$c" "$a"
allow egress "$OTHER" "$(from_group "$GROUP" tcp 80)"
check "an egress rule that names the target's group lets it out" welcome "$c" "$a"
revoke egress "$OTHER" "$(from_group "$GROUP" tcp 80)"
allow egress "$OTHER" "$(from_cidr "$b/32" tcp 80)"
check "an egress rule for one address: that one" welcome "$c" "$b"
check "an egress rule for one address: no other" silence "$c" "$a"
revoke ingress "$GROUP" "$(from_group "$OTHER" tcp 80)"

DOOR=$(group door)
allow ingress "$DOOR" "$(from_cidr 10.0.100.0/24 tcp 80)"
BOTH=$(start_task web "$GROUP,$DOOR")
check "a task with two groups runs" until_true 30 status_is "$BOTH" RUNNING
both=$(address_of "$BOTH")
check "two groups: what either allows" welcome "$a" "$both"
check "two groups: and no more" silence "$a" "$both:81"
revoke ingress "$DOOR" "$(from_cidr 10.0.100.0/24 tcp 80)"
check "two groups: the union shrinks with a rule" silence "$a" "$both"

ENI=$(ask ecs describe-tasks --cluster lab --tasks "$A" --query "tasks[0].attachments[0].details[?name=='networkInterfaceId'].value")
if command aws --endpoint-url "$ENDPOINT" ec2 modify-network-interface-attribute --network-interface-id "$ENI" --groups "$DOOR" >"$work/modify" 2>&1
then echo accepted >>"$work/modify"; fi
check "a task's interface is ECS's: modify-network-interface-attribute is refused" \
  has 'OperationNotPermitted|UnauthorizedOperation|AuthFailure' "$work/modify"
check "and its groups are what they were" bash -c "[ '$(groups_of "$ENI")' = '$GROUP' ]"

# The instance's own interface is the user's: new groups act on the next packet.
allow ingress "$GROUP" "$(from_group "$DOOR" tcp 80)"
PRIMARY=$(ask ec2 describe-instances --instance-ids "$INSTANCE" --query 'Reservations[0].Instances[0].NetworkInterfaces[?Attachment.DeviceIndex==`0`].NetworkInterfaceId')
check "the instance is not in that group yet" silence "$HOST" "$a"
aws ec2 modify-network-interface-attribute --network-interface-id "$PRIMARY" --groups "$GROUP" "$DOOR"
check "a member from this moment on" welcome "$HOST" "$a"
check "the members' rule follows an interface that leaves" bash -c "command aws --endpoint-url $ENDPOINT ec2 modify-network-interface-attribute --network-interface-id $PRIMARY --groups $GROUP"
check "and is none when it has left" silence "$HOST" "$a"
finish
