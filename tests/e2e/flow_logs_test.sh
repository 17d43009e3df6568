#!/usr/bin/env bash
# Flow logs: what tasks send, and what is refused, is written down for both ends, in CloudWatch Logs and in files.
. "$(dirname "$0")/lib.sh"

ROLE=arn:aws:iam::000000000000:role/flow
FORMAT='${version} ${interface-id} ${srcaddr} ${dstaddr} ${srcport} ${dstport} ${protocol} ${packets} ${bytes} ${start} ${end} ${action} ${tcp-flags} ${flow-direction} ${traffic-path} ${vpc-id} ${subnet-id} ${type} ${region} ${az-id} ${ecs-task-arn} ${ecs-cluster-name} ${log-status}'
interface_of() {
  ask ecs describe-tasks --cluster "$CLUSTER" --tasks "$1" --query "tasks[0].attachments[0].details[?name=='networkInterfaceId'].value"
}
# The messages of a group (of a stream) that match a pattern; true when there are some.
logged() { # GROUP STREAM-PREFIX PATTERN
  ask logs filter-log-events --log-group-name "$1" --log-stream-name-prefix "$2" --query 'events[].[message]' >"$work/messages" 2>/dev/null
  grep -E -- "$3" "$work/messages"
}
soon() { until_true 30 logged "$@"; }

make_network
make_instance m5.4xlarge
register web "$NGINX" >/dev/null
A=$(start_task web) B=$(start_task web)
for task in "$A" "$B"; do check "a task runs" until_true 60 status_is "$task" RUNNING; done
a=$(address_of "$A") b=$(address_of "$B") eni_a=$(interface_of "$A") eni_b=$(interface_of "$B")

VPC_LOG=$(ask ec2 create-flow-logs --resource-type VPC --resource-ids "$VPC" --traffic-type ALL --log-group-name /flow/vpc \
  --deliver-logs-permission-arn $ROLE --log-format "$FORMAT" --max-aggregation-interval 60 --query 'FlowLogIds[0]')
ask ec2 create-flow-logs --resource-type NetworkInterface --resource-ids "$eni_b" --traffic-type REJECT --log-group-name /flow/refused \
  --deliver-logs-permission-arn $ROLE >/dev/null
ask ec2 create-flow-logs --resource-type Subnet --resource-ids "$SUBNET" --traffic-type ACCEPT --log-destination-type s3 \
  --log-destination arn:aws:s3:::flow-bucket/lab/ >/dev/null
if ask ec2 create-flow-logs --resource-type VPC --resource-ids "$VPC" --traffic-type ALL --log-group-name /flow/vpc \
  --deliver-logs-permission-arn $ROLE --log-format "$FORMAT" >"$work/again" 2>&1; then echo accepted >>"$work/again"; fi
check "the same flow log again is refused" has FlowLogAlreadyExists "$work/again"

began=$(date +%s)
check "task to task" welcome "$a" "$b"
# A connection may lie across two intervals: its flags are in one record sooner or later.
whole_connection() { welcome "$a" "$b" && until_true 8 logged "$@"; }
number='[0-9]+' task_a=$(printf %s "$A" | sed 's/[.]/\\./g')
check "the sender's egress record, with its task" until_true 30 whole_connection /flow/vpc "$eni_a-all" \
  "^7 $eni_a $a $b $number 80 6 $number $number $number $number ACCEPT 3 egress 1 $VPC $SUBNET IPv4 us-east-1 use1-az[0-9] $task_a lab OK"
cp "$work/messages" "$work/of_a"
check "its times are about now" python3 - "$work/of_a" "$b" "$began" <<'PY'
import sys, time
lines = [l.split() for l in open(sys.argv[1]) if f" {sys.argv[2]} " in l]
assert lines
for f in lines:
    start, end = int(f[9]), int(f[10])
    assert int(sys.argv[3]) - 6 <= start <= end <= time.time() + 1, f
PY
check "the answers at the sender" until_true 30 whole_connection /flow/vpc "$eni_a-all" "^7 $eni_a $b $a 80 .* ACCEPT 19 ingress - "
check "the receiver's ingress record" until_true 30 whole_connection /flow/vpc "$eni_b-all" "^7 $eni_b $a $b $number 80 .* ACCEPT 3 ingress - "
check "the receiver's egress record" until_true 30 whole_connection /flow/vpc "$eni_b-all" "^7 $eni_b $b $a 80 .* ACCEPT 19 egress 1 "

aws ec2 revoke-security-group-ingress --group-id "$GROUP" --ip-permissions "IpProtocol=-1,UserIdGroupPairs=[{GroupId=$GROUP}]" >/dev/null
check "refused: silence" silence "$a" "$b:81"
check "the receiver's REJECT" soon /flow/vpc "$eni_b-all" "^7 $eni_b $a $b $number 81 6 .* REJECT 2 ingress - "
check "the sender's ACCEPT of the same" soon /flow/vpc "$eni_a-all" "^7 $eni_a $a $b $number 81 6 .* ACCEPT 2 egress 1 "
check "the interface's own flow log of refused traffic, in the default format" soon /flow/refused "$eni_b-reject" \
  "^2 000000000000 $eni_b $a $b $number 81 6 $number $number $number $number REJECT OK"
check "has nothing that was accepted" bash -c "! grep ACCEPT '$work/messages'"
check "and NODATA when nothing was refused" soon /flow/refused "$eni_b-reject" "^2 000000000000 $eni_b - - - - - - - $number $number - NODATA"

# The agent's own addresses and the router are no traffic of the VPC.
at "$a" curl -s -m 1 http://169.254.170.2/ >/dev/null; at "$a" ping -c 1 -W 1 10.0.100.1 >/dev/null 2>&1
C=$(start_task web); check "a third task runs" until_true 60 status_is "$C" RUNNING
c=$(address_of "$C") eni_c=$(interface_of "$C")
silence "$c" "$b:82" 1
ask ecs stop-task --cluster "$CLUSTER" --task "$C" >/dev/null
check "an interface that is deleted leaves its last records" soon /flow/vpc "$eni_c-all" "^7 $eni_c $c $b $number 82 6 .* ACCEPT 2 egress "
logged /flow/vpc eni- . >/dev/null
check "nothing of link-local addresses or the router" hasnt ' (169\.254\.[0-9.]+|10\.0\.100\.1) ' "$work/messages"

# An ephemeral daemon's files are in its own mount namespace.
files=/proc/$(pgrep -P "$ENIBOX_PORTER" -x enibox-daemon)/root$(sed -n 's/.*flow log files are in //p' "$ENIBOX_DAEMON_LOG" | head -n 1)
written() { find "$files/flow-bucket/lab/AWSLogs/000000000000/vpcflowlogs/us-east-1" -name '*.log.gz' 2>/dev/null | grep -q .; }
check "files are written" until_true 30 written
all_files() { find "$files/flow-bucket" -name '*.log.gz' -exec zcat {} +; }
all_files >"$work/files"
check "with the header" has '^version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status$' "$work/files"
check "and the records" has "^2 000000000000 $eni_a $a $b $number 80 6 .* ACCEPT OK" "$work/files"
check "only of accepted traffic" hasnt REJECT "$work/files"

aws ec2 delete-flow-logs --flow-log-ids "$VPC_LOG" >/dev/null
check "a deleted flow log is not described" bash -c "[ '$(ask ec2 describe-flow-logs --query 'length(FlowLogs)')' = 2 ]"
finish
