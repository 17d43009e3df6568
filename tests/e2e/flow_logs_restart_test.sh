#!/usr/bin/env bash
# With a data directory flow logs go on after the daemon's end, and what was counted up to an orderly end is written.
# Starts its own daemons: run it through leak_check.sh alone.
ENIBOX_SERVE="--flow-log-interval 5"
. "$(dirname "$0")/own_daemons.sh"
logged() { # PATTERN
  ask logs filter-log-events --log-group-name /flow --query 'events[].[message]' >"$work/messages" 2>/dev/null
  grep -E -- "$1" "$work/messages"
}
in_files() { find "$DATA/state/s3/flow-bucket" -name '*.log.gz' -exec zcat {} + 2>/dev/null | grep -E -- "$1"; }

serve
make_network
make_instance m5.4xlarge
register web "$NGINX" >/dev/null
A=$(start_task web) B=$(start_task web)
for task in "$A" "$B"; do check "a task runs" until_true 60 status_is "$task" RUNNING; done
a=$(address_of "$A") b=$(address_of "$B")
ask ec2 create-flow-logs --resource-type VPC --resource-ids "$VPC" --traffic-type ALL --log-group-name /flow \
  --deliver-logs-permission-arn arn:aws:iam::000000000000:role/flow >/dev/null
ask ec2 create-flow-logs --resource-type VPC --resource-ids "$VPC" --traffic-type ALL --log-destination-type s3 \
  --log-destination arn:aws:s3:::flow-bucket >/dev/null

check "before: a connection" welcome "$a" "$b:80"
kill -TERM "$PORTER"; wait "$PORTER"
check "the daemon ends well" [ $? -eq 0 ]
serve
check "what was counted before its end is written" until_true 20 logged " $a $b [0-9]+ 80 6 .* ACCEPT OK"
check "in a file below the data directory, too" in_files " $a $b [0-9]+ 80 6 .* ACCEPT OK"
at "$a" curl -s -m 1 "$b:81" >/dev/null
check "the next daemon goes on counting" until_true 20 logged " $a $b [0-9]+ 81 6 .* ACCEPT OK"
kill_daemon
serve
at "$a" curl -s -m 1 "$b:82" >/dev/null
check "and the one after a daemon that was killed" until_true 20 logged " $a $b [0-9]+ 82 6 .* ACCEPT OK"
stop_all_of_it >"$work/stop" 2>&1
finish
