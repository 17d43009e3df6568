#!/usr/bin/env bash
# An instance's root disk is what it was after a reboot, a stop and start, and the end of the daemon and its box; it goes
# when the instance is terminated. Starts its own daemons: run it through leak_check.sh alone.
. "$(dirname "$0")/own_daemons.sh"

state_is() { [ "$(ask ec2 describe-instances --instance-ids "$INSTANCE" --query 'Reservations[0].Instances[0].State.Name')" = "$1" ]; }
connected() { [ "$(ask ecs list-container-instances --cluster lab --filter 'agentConnected==true' --query 'length(containerInstanceArns)')" = 1 ]; }
is_back() { state_is running && connected; }
disks() { find "$DATA" -path '*/hosts/i-*/disk' -prune | wc -l; }
look() { # what the next checks read
  on_instance "$INSTANCE" "$work/disk" <<'L'
echo config-$(grep -c ECS_CLUSTER=lab /etc/ecs/ecs.config)
cat /root/note; ls -l /root/tool | cut -c1-10
test -e /tmp/gone || echo removed-$((6*7))
docker ps --format 'runs-{{.Image}}'
curl -s -m 3 -o /dev/null -w 'page-%{http_code}\n' "$(cat /root/address)"
L
}
disk_is_whole() {
  check "$1: ecs.config is there, written once" has 'config-1' "$work/disk"
  check "$1: so is a user's file" has 'kept-42' "$work/disk"
  check "$1: with its mode" has '-rwxr-x---' "$work/disk"
  check "$1: what was removed stays removed" has "removed-42" "$work/disk"
}

serve
make_network
make_instance
register web "$NGINX" >/dev/null
on_instance "$INSTANCE" "$work/written" <<'L'
echo kept-$((6*7)) > /root/note
echo '#!/bin/sh' > /root/tool; chmod 750 /root/tool
echo x > /tmp/gone; sync; rm /tmp/gone
L
A=$(start_task web)
check "a task runs" until_true 30 status_is "$A" RUNNING


echo "# reboot"
aws ec2 reboot-instances --instance-ids "$INSTANCE"
check "the task has ended with the machine" until_true 60 status_is "$A" STOPPED
check "the instance is back in its cluster" until_true 60 is_back
B=$(start_task web)
check "a task runs again" until_true 60 status_is "$B" RUNNING
echo "echo $(address_of "$B") > /root/address" | on_instance "$INSTANCE" "$work/written"
look; disk_is_whole "after a reboot"
check "docker shows the new task" has 'runs-nginx:alpine' "$work/disk"
check "which answers" has 'page-200' "$work/disk"

echo "# stop and start"
aws ec2 stop-instances --instance-ids "$INSTANCE" >/dev/null
check "it is stopped" until_true 60 state_is stopped
check "its task has ended" until_true 60 status_is "$B" STOPPED
check "its disk is kept" [ "$(disks)" = 1 ]
aws ec2 start-instances --instance-ids "$INSTANCE" >/dev/null
check "it is back" until_true 60 is_back
look; disk_is_whole "after a stop"

echo "# the daemon's end, and its box's"
kill -TERM "$PORTER"; wait "$PORTER"
serve
check "it runs on under the next daemon" until_true 20 is_back
look; disk_is_whole "under the next daemon"
stop_all_of_it >/dev/null 2>&1; wait "$PORTER" 2>/dev/null
serve
check "an instance whose box has ended is stopped" until_true 30 state_is stopped
aws ec2 start-instances --instance-ids "$INSTANCE" >/dev/null
check "and starts again" until_true 60 is_back
look; disk_is_whole "in the next box"

echo "# terminate"
aws ec2 terminate-instances --instance-ids "$INSTANCE" >/dev/null
check "it is terminated" until_true 60 state_is terminated
check "its disk is gone" until_true 10 bash -c "! find '$DATA' -path '*/hosts/i-*' | grep ."
finish
