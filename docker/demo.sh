#!/usr/bin/env bash
# The awsvpc lab with the stock AWS CLI: each command with its real output. Leaves the daemon running.
#
#   docker/demo.sh [--stop-after]     --stop-after: end the daemon at the end (for tests)
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
build=${ENIBOX_BUILD:-$here/../build}
enibox=$build/enibox
listen=${ENIBOX_LISTEN:-127.0.0.1:4566}
bold=$'\e[1m' dim=$'\e[2m' plain=$'\e[0m'
[ -t 1 ] || { bold='' dim='' plain=''; }
work=$(mktemp -d)
daemon=
# A lab that breaks off leaves no daemon behind; one that went well leaves it running.
finish() {
  status=$?
  rm -rf "$work"
  [ $status -eq 0 ] || [ -z "$daemon" ] || { kill "$daemon" 2>/dev/null; echo "The lab broke off; the daemon's log is $log" >&2; }
}
trap finish EXIT

title() { printf '\n%s== %s%s\n' "$bold" "$1" "$plain"; }
# A command as it would be typed: words in quotes only where the shell needs them.
typing() {
  printf '%s$' "$dim"
  for word in "$@"; do
    case $word in *[\ \[\]\{\}\?\*\;\&\|\<\>\(\)\$\"]*) printf " '%s'" "$word" ;; *) printf ' %s' "$word" ;; esac
  done
  printf '%s\n' "$plain"
}
# Shows a command, runs it, keeps its output in $work/out.
show() {
  typing "$@"
  "$@" | tee "$work/out"
}
answer() { tail -n 1 "$work/out"; }
# Types lines into an interactive command on a terminal, one after another as a person would.
typed() { # FILE-WITH-LINES COMMAND...
  local lines=$1; shift
  typing "$@"
  { printf 'exec'; printf ' %q' "$1" --endpoint-url "$AWS_ENDPOINT_URL" "${@:2}"; echo; } >"$work/command"
  { sleep 1.5; while IFS= read -r line; do printf '%s\n' "$line"; sleep 0.6; done <"$lines"; sleep 1; } |
    timeout 60 script -qec "bash $work/command" /dev/null || true
}

title "Start the daemon"
mkdir -p "${XDG_RUNTIME_DIR:-/tmp}"
log=${XDG_RUNTIME_DIR:-/tmp}/enibox-demo.log
printf '%s$ build/enibox serve --listen %s%s\n' "$dim" "$listen" "$plain"
setsid "$enibox" serve --listen "$listen" >"$log" 2>&1 </dev/null &
daemon=$!
for _ in $(seq 100); do
  curl -fsS "http://$listen/_enibox/health" >/dev/null 2>&1 && break
  kill -0 "$daemon" 2>/dev/null || { cat "$log"; exit 1; }
  sleep 0.1
done
cat "$log"
export AWS_ENDPOINT_URL=http://$listen AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test
export AWS_DEFAULT_REGION=us-east-1 AWS_REGION=us-east-1 AWS_PAGER="" AWS_EC2_METADATA_DISABLED=true
command -v session-manager-plugin >/dev/null || export PATH=$build:$PATH
# AWS CLIs before 2.13 do not read AWS_ENDPOINT_URL; `enibox env` prints an alias that does the same.
aws() { command aws --endpoint-url "$AWS_ENDPOINT_URL" "$@"; }
ask() { aws "$@" --output text; }

title "The network: a VPC, a subnet, a security group whose members may reach each other"
VPC=$(ask ec2 create-vpc --cidr-block 10.0.0.0/16 --query Vpc.VpcId)
ask ec2 modify-vpc-attribute --vpc-id "$VPC" --enable-dns-hostnames '{"Value":true}'
SUBNET=$(ask ec2 create-subnet --vpc-id "$VPC" --cidr-block 10.0.100.0/24 --availability-zone us-east-1a --query Subnet.SubnetId)
SG=$(ask ec2 create-security-group --group-name lab --description "hosts and tasks of the lab" --vpc-id "$VPC" --query GroupId)
ask ec2 authorize-security-group-ingress --group-id "$SG" --ip-permissions "IpProtocol=-1,UserIdGroupPairs=[{GroupId=$SG}]" --query Return >/dev/null
show aws ec2 describe-subnets --subnet-ids "$SUBNET" --query 'Subnets[].[SubnetId,CidrBlock,AvailabilityZone,AvailableIpAddressCount]' --output table

title "A cluster and one t3.medium container instance"
ask logs create-log-group --log-group-name /aws/ecs/ecs-networking-demo
show aws ecs create-cluster --cluster-name ECS-Networking-Demo --query cluster.clusterArn --output text
AMI=$(ask ssm get-parameters --names /aws/service/ecs/optimized-ami/amazon-linux-2/recommended/image_id --query 'Parameters[0].Value')
printf '#!/bin/bash\necho ECS_CLUSTER=ECS-Networking-Demo >> /etc/ecs/ecs.config\n' >"$work/user-data"
INSTANCE=$(ask ec2 run-instances --image-id "$AMI" --instance-type t3.medium --count 1 --subnet-id "$SUBNET" --security-group-ids "$SG" --user-data "file://$work/user-data" --query 'Instances[0].InstanceId')
for _ in $(seq 60); do
  [ "$(ask ecs list-container-instances --cluster ECS-Networking-Demo --query 'length(containerInstanceArns)')" = 1 ] && break
  sleep 0.5
done
show aws ec2 describe-instances --instance-ids "$INSTANCE" --query 'Reservations[].Instances[].[InstanceId,InstanceType,State.Name,PrivateIpAddress]' --output table

title "The task definition (networkMode awsvpc) and the task"
cat >"$work/task.json" <<J
{"family": "ecs-networking-demo-awsvpc", "networkMode": "awsvpc", "requiresCompatibilities": ["EC2"], "cpu": "256", "memory": "512",
 "executionRoleArn": "arn:aws:iam::000000000000:role/exec", "taskRoleArn": "arn:aws:iam::000000000000:role/task",
 "containerDefinitions": [{"name": "nginx", "image": "nginx:alpine", "linuxParameters": {"initProcessEnabled": true},
   "portMappings": [{"protocol": "tcp", "containerPort": 80}],
   "logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-group": "/aws/ecs/ecs-networking-demo",
     "awslogs-region": "us-east-1", "awslogs-stream-prefix": "container-stdout"}}}]}
J
show aws ecs register-task-definition --cli-input-json "file://$work/task.json" --query taskDefinition.taskDefinitionArn --output text
show aws ecs run-task --cluster ECS-Networking-Demo --task-definition ecs-networking-demo-awsvpc --launch-type EC2 --enable-execute-command \
  --network-configuration "awsvpcConfiguration={subnets=[$SUBNET],securityGroups=[$SG],assignPublicIp=DISABLED}" --query 'tasks[0].taskArn' --output text
TASK=$(answer)
aws ecs wait tasks-running --cluster ECS-Networking-Demo --tasks "$TASK"
show aws ecs describe-tasks --cluster ECS-Networking-Demo --tasks "$TASK" --query 'tasks[0].[lastStatus,attachments[0].details]' --output json

title "Inside the task: the ENI is its eth0"
printf '%s\n' 'ip a sh' 'ip r sh' 'curl -s localhost | head -4' 'exit' >"$work/lines"
typed "$work/lines" aws ecs execute-command --cluster ECS-Networking-Demo --task "$TASK" --container nginx --command /bin/sh --interactive

title "On the container instance"
cat >"$work/lines" <<'L'
sudo -i
docker ps
PID=$(docker inspect -f '{{.State.Pid}}' $(docker ps -q --filter ancestor=nginx:alpine))
nsenter -t $PID -n ip a show eth0
curl -s $(nsenter -t $PID -n ip addr show eth0 | grep "inet\b" | awk '{print $2}' | cut -d/ -f1):80 | head -4
exit
exit
L
typed "$work/lines" aws ssm start-session --target "$INSTANCE"

if [ "${1:-}" = --stop-after ]; then kill "$daemon"; wait "$daemon" || true; exit 0; fi
title "The daemon goes on running: paste these lines to go on by hand"
"$enibox" env --listen "$listen"
printf '\nStop it with:  %s stop --listen %s     (its log: %s)\n' "$enibox" "$listen" "$log"
