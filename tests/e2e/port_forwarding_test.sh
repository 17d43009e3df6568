#!/usr/bin/env bash
# A port of a task, and what an instance can reach, on a local port of this machine: through `aws ssm start-session`.
. "$(dirname "$0")/lib.sh"

forward() { # NAME TARGET DOCUMENT PARAMETERS; sets PORT and FORWARDER
  command aws --endpoint-url "$ENDPOINT" ssm start-session --target "$2" --document-name "$3" --parameters "$4" >"$work/$1" 2>&1 </dev/null &
  FORWARDER=$!
  until_true 20 grep -q 'Waiting for connections' "$work/$1" || { cat "$work/$1"; return 1; }
  PORT=$(sed -n 's/^Port \([0-9]*\) opened.*/\1/p' "$work/$1")
}
private_name() { local address; address=$(address_of "$1"); echo "ip-${address//./-}.ec2.internal"; }
page() { curl -sS -m "${2:-10}" "http://127.0.0.1:$1/" | grep -q 'Welcome to nginx'; }
no_page() { ! page "$1" 3; }
pages_at_once() { local i; for i in $(seq 20); do page "$1" & done; for i in $(seq 20); do wait -n || return 1; done; }
end_of() { kill -INT -- "$(pgrep -P "$1" session-manager)" 2>/dev/null || kill -INT "$1"; wait "$1"; }
sessions_left() { [ "$(ask ssm describe-sessions --state Active --query 'length(Sessions)')" = "$1" ]; }

make_network
make_instance
register web "$NGINX" >/dev/null
T=$(start_task web)
check "a task runs" until_true 30 status_is "$T" RUNNING
RUNTIME=$(ask ecs describe-tasks --cluster lab --tasks "$T" --query 'tasks[0].containers[0].runtimeId')

forward task "ecs:lab_${T##*/}_$RUNTIME" AWS-StartPortForwardingSession portNumber=80,localPortNumber=0
check "the task's port answers on this machine" page "$PORT"
check "twenty connections at once" pages_at_once "$PORT"
TASK_PORT=$PORT TASK_FORWARDER=$FORWARDER

forward remote "$INSTANCE" AWS-StartPortForwardingSessionToRemoteHost "host=$(address_of "$T"),portNumber=80"
check "so does the task's address, from its instance" page "$PORT"
REMOTE_PORT=$PORT REMOTE_FORWARDER=$FORWARDER
forward named "$INSTANCE" AWS-StartPortForwardingSessionToRemoteHost "host=$(private_name "$T"),portNumber=80"
check "and the name of the task, as the VPC's resolver knows it" page "$PORT"
end_of "$FORWARDER"
forward unknown "$INSTANCE" AWS-StartPortForwardingSessionToRemoteHost "host=nobody.invalid,portNumber=80"
check "a name that is nobody's answers nothing" no_page "$PORT"
check "and the client says so" grep -q 'Connection to destination port failed' "$work/unknown"
end_of "$FORWARDER"
aws ec2 revoke-security-group-ingress --group-id "$GROUP" --ip-permissions "IpProtocol=-1,UserIdGroupPairs=[{GroupId=$GROUP}]" >/dev/null
check "but not where the group forbids it" no_page "$REMOTE_PORT"
check "the task's own loopback passes no group" page "$TASK_PORT"
end_of "$REMOTE_FORWARDER"

aws ecs stop-task --cluster lab --task "$T" >/dev/null
check "the task's end is the session's" until_true 40 bash -c "! kill -0 $TASK_FORWARDER 2>/dev/null"
check "no session is left" until_true 10 sessions_left 0
finish
