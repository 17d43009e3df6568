# What the end-to-end scripts share. Sourced; needs ENDPOINT (tests/e2e/with_daemon.sh sets it).
set -u
: "${ENDPOINT:?run me through tests/e2e/with_daemon.sh}"
export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_DEFAULT_REGION=us-east-1 AWS_REGION=us-east-1
export AWS_PAGER="" AWS_EC2_METADATA_DISABLED=true AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
passed=0 failed=0

aws() { command aws --endpoint-url "$ENDPOINT" "$@"; }
ask() { aws "$@" --output text; }
check() { # WHAT COMMAND...
  local what=$1; shift
  if "$@" >"$work/check" 2>&1; then
    passed=$((passed + 1)); echo "ok - $what"
  else
    failed=$((failed + 1)); echo "not ok - $what"; tail -n 15 "$work/check" | sed 's/^/    # /'
  fi
}
has() { grep -qE -- "$1" "$2" || { tail -n 15 "$2"; return 1; }; }
hasnt() { ! grep -E -- "$1" "$2"; }
finish() { echo "$passed passed, $failed failed"; [ "$failed" -eq 0 ]; exit; }
until_true() { # SECONDS COMMAND...: waits for a condition
  local deadline=$((SECONDS + $1)); shift
  until "$@"; do [ $SECONDS -lt $deadline ] || return 1; sleep 0.1; done
}

# Types the lines of a file into an interactive command on a terminal: each after the prompt of the one before.
typed() { # TRANSCRIPT LINES COMMAND...
  local transcript=$1 lines=$2; shift 2
  python3 "$(dirname "${BASH_SOURCE[0]}")/type_lines.py" "$lines" "$@" >"$transcript" 2>&1
}
in_task() { # TASK CONTAINER TRANSCRIPT <lines
  cat >"$work/lines"; echo exit >>"$work/lines"
  typed "$3" "$work/lines" aws --endpoint-url "$ENDPOINT" ecs execute-command --cluster "$CLUSTER" --task "$1" --container "$2" \
    --command /bin/sh --interactive
}
on_instance() { # INSTANCE TRANSCRIPT <lines
  { echo "sudo -i"; cat; echo exit; echo exit; } >"$work/lines"
  typed "$2" "$work/lines" aws --endpoint-url "$ENDPOINT" ssm start-session --target "$1"
}

CLUSTER=lab
# A VPC with two subnets, a group whose members may reach each other, a cluster.
make_network() {
  VPC=$(ask ec2 create-vpc --cidr-block 10.0.0.0/16 --query Vpc.VpcId)
  ask ec2 modify-vpc-attribute --vpc-id "$VPC" --enable-dns-hostnames '{"Value":true}'
  SUBNET=$(ask ec2 create-subnet --vpc-id "$VPC" --cidr-block 10.0.100.0/24 --availability-zone us-east-1a --query Subnet.SubnetId)
  GROUP=$(ask ec2 create-security-group --group-name lab --description lab --vpc-id "$VPC" --query GroupId)
  ask ec2 authorize-security-group-ingress --group-id "$GROUP" --ip-permissions "IpProtocol=-1,UserIdGroupPairs=[{GroupId=$GROUP}]" >/dev/null
  ask ecs create-cluster --cluster-name "$CLUSTER" >/dev/null
}
instances_joined() { [ "$(ask ecs list-container-instances --cluster "$CLUSTER" --query 'length(containerInstanceArns)')" = "$1" ]; }
make_instance() { # [TYPE [SUBNET [COUNT-AFTERWARDS]]]; sets INSTANCE
  local ami; ami=$(ask ssm get-parameters --names /aws/service/ecs/optimized-ami/amazon-linux-2/recommended/image_id --query 'Parameters[0].Value')
  printf '#!/bin/bash\necho ECS_CLUSTER=%s >> /etc/ecs/ecs.config\n' "$CLUSTER" >"$work/user-data"
  INSTANCE=$(ask ec2 run-instances --image-id "$ami" --instance-type "${1:-t3.medium}" --count 1 --subnet-id "${2:-$SUBNET}" \
    --security-group-ids "$GROUP" --user-data "file://$work/user-data" --query 'Instances[0].InstanceId')
  until_true 30 instances_joined "${3:-1}"
}
register() { # FAMILY CONTAINERS [FURTHER-MEMBERS], JSON
  ask ecs register-task-definition --cli-input-json "{\"family\":\"$1\",\"networkMode\":\"awsvpc\",\"requiresCompatibilities\":[\"EC2\"],
    \"cpu\":\"256\",\"memory\":\"512\",\"taskRoleArn\":\"arn:aws:iam::000000000000:role/task\",\"containerDefinitions\":$2${3:+,$3}}" \
    --query taskDefinition.taskDefinitionArn
}
start_task() { # FAMILY [GROUP]; prints the task's ARN
  ask ecs run-task --cluster "$CLUSTER" --task-definition "$1" --launch-type EC2 --enable-execute-command --network-configuration \
    "awsvpcConfiguration={subnets=[$SUBNET],securityGroups=[${2:-$GROUP}],assignPublicIp=DISABLED}" --query 'tasks[0].taskArn'
}
status_is() { [ "$(ask ecs describe-tasks --cluster "$CLUSTER" --tasks "$1" --query 'tasks[0].lastStatus')" = "$2" ]; }
address_of() {
  ask ecs describe-tasks --cluster "$CLUSTER" --tasks "$1" --query "tasks[0].attachments[0].details[?name=='privateIPv4Address'].value"
}
NGINX='[{"name":"nginx","image":"nginx:alpine","linuxParameters":{"initProcessEnabled":true},"portMappings":[{"containerPort":80}]}]'

# --- packets ---------------------------------------------------------------------------------------
# Runs one of this machine's own programs in the network namespace that has ADDRESS on an eth0: what a process of the
# task (or instance) could send, without a session around it.
pid_with() { # ADDRESS
  local file seen=" " namespace
  for file in /proc/[0-9]*/ns/net; do
    namespace=$(readlink "$file" 2>/dev/null) || continue
    case $seen in *" $namespace "*) continue ;; esac
    seen+="$namespace "
    local pid=${file#/proc/}; pid=${pid%%/*}
    [ "$namespace" != "$(readlink /proc/self/ns/net)" ] || continue
    nsenter -t "$pid" -U -n --preserve-credentials ip -o -4 addr show dev eth0 2>/dev/null | grep -qF " $1/" && { echo "$pid"; return; }
  done
  return 1
}
at() { # ADDRESS COMMAND...
  local pid; pid=$(pid_with "$1") || { echo "no namespace has $1"; return 99; }; shift
  nsenter -t "$pid" -U -n --preserve-credentials "$@"
}
welcome() { at "$1" curl -sS -m 3 "$2" | grep -q 'Welcome to nginx'; }   # FROM TO
# Not merely no answer: silence. Neither a reset nor an ICMP error may come back; curl's 28 is the timeout.
silence() { at "$1" curl -sS -m "${3:-2}" "$2"; local code=$?; [ $code -eq 28 ] || { echo "curl ended with $code"; return 1; }; }
eventually_silence() { until_true "${3:-5}" silence "$1" "$2" 1; }
# An ECS call without the half second of an AWS CLI around it.
ecs_call() { # OPERATION JSON
  curl -s -m 20 -H "X-Amz-Target: AmazonEC2ContainerServiceV20141113.$1" -H 'Content-Type: application/x-amz-json-1.1' -d "$2" "$ENDPOINT" \
    -H 'Authorization: AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/ecs/aws4_request, SignedHeaders=host, Signature=0'
}
