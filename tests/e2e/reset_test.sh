#!/usr/bin/env bash
# POST /_enibox/reset: everything ends, every row goes, and the daemon is as new.
. "$(dirname "$0")/lib.sh"

lab() { # a network, an instance, a task that answers it
  make_network
  make_instance
  register web "$NGINX" >/dev/null
  TASK=$(start_task web)
  check "$1: a task runs" until_true 30 status_is "$TASK" RUNNING
  HOST=$(ask ec2 describe-instances --instance-ids "$INSTANCE" --query 'Reservations[0].Instances[0].PrivateIpAddress')
  IP=$(address_of "$TASK")
  check "$1: it answers the instance" welcome "$HOST" "$IP"
}
# A page in a browser cannot send this header across origins: it is what keeps one from resetting a stranger's daemon.
reset() { curl -fsS -m 60 -X POST -H 'Authorization: any' "$ENDPOINT/_enibox/reset" >"$work/answer" && grep -q '"ok"' "$work/answer"; }
none() { [ "$(ask "${@:2}" --query "length($1)")" = 0 ]; }

lab "before"
aws logs create-log-group --log-group-name /lab
check "without credentials it is refused" bash -c "! curl -fsS -X POST $ENDPOINT/_enibox/reset"
check "reset says that it is done" reset
check "no cluster is left" none clusterArns ecs list-clusters
check "no task definition is left" none taskDefinitionArns ecs list-task-definitions
check "no instance is left" none Reservations ec2 describe-instances
check "no interface is left" none NetworkInterfaces ec2 describe-network-interfaces
check "no VPC but the default one" none 'Vpcs[?!IsDefault]' ec2 describe-vpcs
check "no log group is left" none logGroups logs describe-log-groups
check "no process of a task or instance is left" until_true 10 bash -c "! pgrep -x 'nginx|conmon|pause'"
lab "after"
check "its name is the first revision's again" bash -c "[ '$(ask ecs describe-task-definition --task-definition web --query taskDefinition.revision)' = 1 ]"
check "it can be done again" reset
check "also when nothing is there" reset
finish
