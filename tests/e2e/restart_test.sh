#!/usr/bin/env bash
# With a data directory tasks outlive the daemon, however it ends, and the next one takes them over.
# Starts its own daemons: run it through leak_check.sh alone.
. "$(dirname "$0")/own_daemons.sh"
exec_works() { echo 'echo works-$((6*7))' | in_task "$1" "$2" "$work/exec"; grep -q works-42 "$work/exec"; }
container_is() { [ "$(ask ecs describe-tasks --cluster lab --tasks "$1" --query "tasks[0].containers[?name=='$2'].[lastStatus,exitCode] | [0]" | tr '\t' ' ')" = "$3" ]; }
group_rule() { ask ec2 "$1"-security-group-ingress --group-id "$GROUP" --ip-permissions "IpProtocol=-1,UserIdGroupPairs=[{GroupId=$GROUP}]" >/dev/null; }

serve
make_network
aws logs create-log-group --log-group-name /lab
make_instance m5.4xlarge
HOST=$(ask ec2 describe-instances --instance-ids "$INSTANCE" --query 'Reservations[0].Instances[0].PrivateIpAddress')
register web "$NGINX" >/dev/null
register brief "[{\"name\":\"stays\",\"image\":\"busybox\",\"command\":[\"sleep\",\"1000\"]},
  {\"name\":\"brief\",\"image\":\"busybox\",\"essential\":false,\"command\":[\"sh\",\"-c\",\"while [ ! -e /tmp/go ]; do sleep 0.1; done; echo last words; exit 7\"],
   \"logConfiguration\":{\"logDriver\":\"awslogs\",\"options\":{\"awslogs-group\":\"/lab\",\"awslogs-region\":\"us-east-1\",\"awslogs-stream-prefix\":\"p\"}}}]" >/dev/null
A=$(start_task web) B=$(start_task web) BRIEF=$(start_task brief)
for task in "$A" "$B" "$BRIEF"; do check "a task runs" until_true 30 status_is "$task" RUNNING; done
a=$(address_of "$A") b=$(address_of "$B")
INIT=$(jq .init.pid "$DATA/box.json") NGINX_PID=$(pid_with "$a")
check "packets pass between them" welcome "$a" "$b"

echo "# the daemon ends in order"
kill -TERM "$PORTER"; wait "$PORTER"
check "it ended well" [ $? -eq 0 ]
check "one line says that tasks run on" [ "$(grep -c '3 tasks run on' "$DATA.log")" -eq 1 ]
check "packets pass without a daemon" welcome "$a" "$b"
serve
check "the second one has the box" [ "$(jq .init.pid "$DATA/box.json")" = "$INIT" ]
check "the task is RUNNING" status_is "$A" RUNNING
check "its process is the same" [ "$(pid_with "$a")" = "$NGINX_PID" ]
check "packets still pass" welcome "$HOST" "$b"
check "exec works again" exec_works "$A" nginx

echo "# the daemon is killed; a container ends while there is none"
echo 'touch /tmp/go' >"$work/go"
kill_daemon
# As the user who owns the box: to root's own id its file systems are closed when that id is not mapped.
for pid in $(pgrep -f 'while \[ ! -e /tmp/go'); do "${as[@]}" nsenter -t "$pid" -U -m --preserve-credentials touch /tmp/go; done
check "it has ended without a daemon" until_true 10 bash -c "! pgrep -f 'while \[ ! -e /tmp/go' >/dev/null"
serve
check "its exit code is told" until_true 10 container_is "$BRIEF" brief "STOPPED 7"
check "what it said last is in the log" bash -c "command aws --endpoint-url $ENDPOINT logs get-log-events --log-group-name /lab --log-stream-name p/brief/${BRIEF##*/} | grep -q 'last words'"
check "the other container runs on" container_is "$BRIEF" stays "RUNNING None"
check "so does the task" status_is "$BRIEF" RUNNING
check "exec works again" exec_works "$B" nginx
group_rule revoke
check "groups still judge: revoked" silence "$a" "$b"
group_rule authorize
check "groups still judge: allowed" welcome "$a" "$b"
NEW=$(start_task web)
check "a new task runs" until_true 30 status_is "$NEW" RUNNING
check "with an address of its own, that answers" welcome "$a" "$(address_of "$NEW")"
aws ecs stop-task --cluster lab --task "$A" >/dev/null
check "an old one stops" until_true 30 status_is "$A" STOPPED
check "with its exit code" container_is "$A" nginx "STOPPED 0"
check "and its address is silent" silence "$b" "$a"
aws ecs stop-task --cluster lab --task "$BRIEF" >/dev/null

echo "# killed at random moments while tasks start and stop"
run_two() {
  ecs_call RunTask "{\"cluster\":\"lab\",\"taskDefinition\":\"web\",\"count\":2,\"networkConfiguration\":{\"awsvpcConfiguration\":{\"subnets\":[\"$SUBNET\"],\"securityGroups\":[\"$GROUP\"]}}}" |
    jq -r '.tasks[].taskArn'
}
statuses() { ecs_call DescribeTasks "{\"cluster\":\"lab\",\"tasks\":$(jq -nc '$ARGS.positional' --args "$@")}" | jq -r '.tasks[].lastStatus'; }
all_are() { local wanted=$1; shift; [ "$(statuses "$@" | grep -cxE "$wanted")" = $# ]; }
stop_all() { local arn; for arn in "$@"; do ecs_call StopTask "{\"cluster\":\"lab\",\"task\":\"$arn\"}" >/dev/null; done; }
for round in $(seq 12); do
  tasks=($(run_two))
  if [ $((round % 3)) -eq 0 ]; then until_true 30 all_are RUNNING "${tasks[@]}"; stop_all "${tasks[@]}"; fi
  sleep "$(printf 0.%03d $((RANDOM % 200)))"
  kill_daemon
  serve
  check "round $round: every task runs or has ended" until_true 60 all_are 'RUNNING|STOPPED' "${tasks[@]}"
  for arn in "${tasks[@]}"; do
    if all_are RUNNING "$arn"; then check "round $round: what runs answers" until_true 5 welcome "$HOST" "$(address_of "$arn")"; fi
  done
  stop_all "${tasks[@]}"
  check "round $round: all end" until_true 60 all_are STOPPED "${tasks[@]}"
done
stop_all "$B" "$NEW" "$BRIEF"
check "the last ones stop" until_true 60 all_are STOPPED "$B" "$NEW" "$BRIEF"
check "no task's process is left" bash -c "! pgrep -x 'nginx|conmon|pause' -l"
check "no task's interface is left" [ "$(ask ec2 describe-network-interfaces --query 'length(NetworkInterfaces[?RequesterManaged])')" = 0 ]
check "no task's files are left" bash -c "! find '$DATA' -path '*/hosts/*/c/*' -prune -print | grep ."

stop_all_of_it >"$work/stop" 2>&1
check "stop ends daemon and box" bash -c "! pgrep enibox"
finish
