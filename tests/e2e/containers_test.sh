#!/usr/bin/env bash
# What a task definition says about its containers is what runs: program, user, volumes, limits, order, exit codes, output.
. "$(dirname "$0")/lib.sh"

part() { ask ecs describe-tasks --cluster lab --tasks "$1" --query "tasks[0].containers[?name=='$2'].$3 | [0]"; }
whole() { ask ecs describe-tasks --cluster lab --tasks "$1" --query "tasks[0].$2"; }
is() { [ "$("${@:2}")" = "$1" ] || { echo "wanted '$1', got '$("${@:2}")'"; return 1; }; }
like() { "${@:2}" | tee "$work/like" | grep -qE -- "$1" || { cat "$work/like"; return 1; }; }
said() { ask logs get-log-events --log-group-name /lab --log-stream-name "p/$2/${1##*/}" --start-from-head --query 'events[].message' | tr '\t' '\n'; }
LOG='"logConfiguration":{"logDriver":"awslogs","options":{"awslogs-group":"/lab","awslogs-region":"us-east-1","awslogs-stream-prefix":"p"}}'
sh_c() { echo "\"entryPoint\":[\"sh\",\"-c\"],\"command\":[\"$1\"]"; }

make_network
aws logs create-log-group --log-group-name /lab
make_instance m5.4xlarge

# Where the box has a single id, none of its containers can change its user.
MANY_IDS=$(awk '{ids += $3} END {print (ids > 1 ? "yes" : "no")}' "/proc/$(pgrep -o enibox-daemon)/uid_map")
USER=0:0; [ $MANY_IDS = no ] || USER=33:44
register settings "[{\"name\":\"one\",\"image\":\"busybox\",\"environment\":[{\"name\":\"A\",\"value\":\"b c\"}],\"user\":\"$USER\",\"workingDirectory\":\"/tmp\",
    $(sh_c 'echo env=$A; echo ids=$(id -u):$(id -g); pwd; ulimit -n; echo err >&2; cat /sys/fs/cgroup/cpu/cpu.shares /sys/fs/cgroup/cpu.weight 2>/dev/null; exec sleep 1000'),\"cpu\":100,\"ulimits\":[{\"name\":\"nofile\",\"softLimit\":512,\"hardLimit\":600}],$LOG},
  {\"name\":\"server\",\"image\":\"nginx:alpine\",\"linuxParameters\":{\"initProcessEnabled\":true}},
  {\"name\":\"client\",\"image\":\"nginx:alpine\",\"essential\":false,\"dependsOn\":[{\"containerName\":\"server\",\"condition\":\"START\"}],
    $(sh_c 'i=0; until curl -s localhost | grep Welcome || [ $i -gt 50 ]; do i=$((i+1)); sleep 0.1; done; exit 7'),$LOG},
  {\"name\":\"second-server\",\"image\":\"nginx:alpine\",\"essential\":false,\"dependsOn\":[{\"containerName\":\"client\",\"condition\":\"COMPLETE\"}],$LOG}]" >/dev/null
S=$(start_task settings)
check "a task of four containers runs" until_true 30 status_is "$S" RUNNING
check "containers of a task share localhost" until_true 20 like 'Welcome to nginx' said "$S" client
check "an exit code of its own is told; not essential: the task runs on" until_true 20 is 7 part "$S" client exitCode
check "two servers of one task collide on a port" until_true 30 like 'Address( already)? in use' said "$S" second-server
check "and the late one ends" until_true 30 is STOPPED part "$S" second-server lastStatus
check "the task runs on" status_is "$S" RUNNING
said "$S" one >"$work/one"
check "environment, user, working directory, ulimit, standard error" \
  bash -c "grep -qx 'env=b c' $work/one && grep -qx ids=$USER $work/one && grep -qx /tmp $work/one && grep -qx 512 $work/one && grep -qx err $work/one"

on_instance "$INSTANCE" "$work/docker" <<'L'
ID=$(docker ps -q --filter label=com.amazonaws.ecs.container-name=one)
SRV=$(docker ps -q --filter label=com.amazonaws.ecs.container-name=server)
docker exec $ID sh -c 'echo inside-$((6*7)); exit 5'; echo code-$?
docker logs $ID 2>&1 | sed 's/^/log:/'
docker top $ID
docker inspect -f 'shares-{{.HostConfig.CpuShares}} user-{{.Config.User}} dir-{{.Config.WorkingDir}}' $ID
docker stats --no-stream --format 'stats-{{.Name}}-{{.PIDs}}' $ID
docker exec $SRV cat /proc/1/comm | sed 's/^/init:/'
L
check "docker exec, with its exit code" bash -c "grep -q inside-42 $work/docker && grep -q code-5 $work/docker"
check "docker logs" has 'log:env=b c' "$work/docker"
check "docker top" has 'sleep 1000' "$work/docker"
check "docker inspect" has "shares-100 user-$USER dir-/tmp" "$work/docker"
check "docker stats" has 'stats-ecs-settings-1-one-' "$work/docker"
check "initProcessEnabled: an init is pid 1" has 'init:(docker-init|tini)' "$work/docker"

echo 'mkdir -p /data && echo from-the-instance > /data/note' | on_instance "$INSTANCE" "$work/written"
register volumes "[{\"name\":\"web\",\"image\":\"nginx:alpine\",\"readonlyRootFilesystem\":true,\"linuxParameters\":{\"tmpfs\":[{\"containerPath\":\"/run\",\"size\":4}]},
    \"mountPoints\":[{\"sourceVolume\":\"html\",\"containerPath\":\"/usr/share/nginx/html\"},{\"sourceVolume\":\"data\",\"containerPath\":\"/srv\",\"readOnly\":true}],
    $(sh_c 'cat /srv/note; touch /srv/x || echo srv-is-read-only; touch /etc/x || echo root-is-read-only; df -k /run; exec sleep 1000'),$LOG},
  {\"name\":\"side\",\"image\":\"busybox\",\"essential\":false,\"volumesFrom\":[{\"sourceContainer\":\"web\"}],$(sh_c 'cat /usr/share/nginx/html/index.html /srv/note'),$LOG},
  {\"name\":\"disk\",\"image\":\"busybox\",\"essential\":false,\"dockerSecurityOptions\":[\"no-new-privileges\"],
    \"linuxParameters\":{\"devices\":[{\"hostPath\":\"/dev/zero\",\"containerPath\":\"/dev/disk\",\"permissions\":[\"read\"]}]},
    $(sh_c 'head -c 3 /dev/disk | wc -c; grep -q NoNewPrivs:.1 /proc/self/status && echo no-new-privileges'),$LOG}]" \
  '"volumes":[{"name":"html"},{"name":"data","host":{"sourcePath":"/data"}}]' >/dev/null
V=$(start_task volumes)
check "a task with volumes, a tmpfs and a device runs" until_true 30 status_is "$V" RUNNING
check "an empty volume takes what the image has there" until_true 20 like 'Welcome to nginx' said "$V" side
check "a directory of the instance is a volume" like from-the-instance said "$V" web
check "volumesFrom gives both to another container" like from-the-instance said "$V" side
check "a mount can be read-only" like srv-is-read-only said "$V" web
check "so can the root" like root-is-read-only said "$V" web
check "the tmpfs has its size" like '^tmpfs +4096 ' said "$V" web
check "a device of the instance is there" until_true 10 like '^3$' said "$V" disk
check "no new privileges" like no-new-privileges said "$V" disk
aws ecs stop-task --cluster lab --task "$V" >/dev/null

register ends "[{\"name\":\"main\",\"image\":\"busybox\",$(sh_c 'seq 1 20000; exit 3'),$LOG},{\"name\":\"other\",\"image\":\"busybox\",\"command\":[\"sleep\",\"1000\"],\"stopTimeout\":2}]" >/dev/null
E=$(start_task ends)
check "an essential container's end ends the task" until_true 60 status_is "$E" STOPPED
check "with the reason" is "Essential container in task exited" whole "$E" stoppedReason
check "with its exit code" is 3 part "$E" main exitCode
check "a deaf process is killed after stopTimeout" is 137 part "$E" other exitCode
lines() { # every page of the stream, from its head
  local token="" next
  while :; do
    command aws --endpoint-url "$ENDPOINT" logs get-log-events --log-group-name /lab --log-stream-name "p/main/${E##*/}" --start-from-head \
      ${token:+--next-token "$token"} --output json >"$work/page" || return
    jq -r '.events[].message' "$work/page"
    next=$(jq -r .nextForwardToken "$work/page"); [ "$next" != "$token" ] || return; token=$next
  done
}
lines >"$work/lines-20000"
check "awslogs has lost none of 20,000 lines" bash -c "seq 1 20000 | cmp - $work/lines-20000"

MORE='"logConfiguration":{"logDriver":"awslogs","options":{"awslogs-group":"/lab","awslogs-region":"us-east-1","awslogs-stream-prefix":"p","awslogs-multiline-pattern":"^INFO"}}'
register quick "[{\"name\":\"nginx\",\"image\":\"nginx:alpine\",\"stopTimeout\":60,\"linuxParameters\":{\"initProcessEnabled\":true}},
  {\"name\":\"slow\",\"image\":\"busybox\",\"stopTimeout\":60,$(sh_c "echo INFO one; echo more; echo INFO two; sleep 0.3; trap 'echo bye; exit 4' TERM; while :; do sleep 0.1; done"),$MORE}]" >/dev/null
Q=$(start_task quick)
runs_now() { ecs_call DescribeTasks "{\"cluster\":\"lab\",\"tasks\":[\"$Q\"]}" | jq -e '.tasks[0].lastStatus == "RUNNING"'; }
check "a task runs" until_true 30 runs_now
ecs_call StopTask "{\"cluster\":\"lab\",\"task\":\"$Q\"}" >/dev/null
check "stopped in its first moments it does not wait for stopTimeout" until_true 30 status_is "$Q" STOPPED
check "its process was up to its handler" is 4 part "$Q" slow exitCode
aws logs get-log-events --log-group-name /lab --log-stream-name "p/slow/${Q##*/}" --start-from-head --query 'events[].message' --output json >"$work/joined"
check "lines are joined by awslogs-multiline-pattern" jq -e '.[0] == "INFO one\nmore\n" and add == "INFO one\nmore\nINFO two\nbye\n"' "$work/joined"

register none "[{\"name\":\"c\",\"image\":\"not-there:1\"}]" >/dev/null
N=$(start_task none)
check "an image that is not there stops the task" until_true 30 status_is "$N" STOPPED
check "with AWS's words" like '^CannotPullContainerError' part "$N" c reason
check "and the log says what to do" grep -q 'enibox image import' "${ENIBOX_DAEMON_LOG:-/dev/null}"
register wrong "[{\"name\":\"c\",\"image\":\"busybox\",\"command\":[\"no-such-program\"]}]" >/dev/null
W=$(start_task wrong)
check "a program that is not there stops the task" until_true 30 status_is "$W" STOPPED
check "with Docker's words" like 'no-such-program.*executable file not found' part "$W" c reason

if [ "$(ps -o user= -p "$(pgrep -o enibox)")" = root ]; then
  register limits "[{\"name\":\"eater\",\"image\":\"busybox\",\"memory\":16,$(sh_c 'x=1234567890; while true; do x=$x$x; done'),$LOG}]" >/dev/null
  M=$(start_task limits)
  check "the memory limit kills" until_true 60 status_is "$M" STOPPED
  check "with AWS's reason" like '^OutOfMemoryError' part "$M" eater reason
  check "with the signal's exit code" is 137 part "$M" eater exitCode
  check "the cpu shares are the kernel's" grep -qx 100 "$work/one"
fi
aws ecs stop-task --cluster lab --task "$S" >/dev/null
check "all of them stop" until_true 60 status_is "$S" STOPPED
check "nothing runs in the instance" until_true 10 bash -c "! pgrep -x nginx"
finish
