#!/usr/bin/env bash
# The awsvpc lab: one task definition, run twice on one instance, looked at from inside the task and from the instance.
. "$(dirname "$0")/lib.sh"

make_network
aws logs create-log-group --log-group-name /lab
make_instance
register web "[{\"name\":\"nginx\",\"image\":\"nginx:alpine\",\"linuxParameters\":{\"initProcessEnabled\":true},\"portMappings\":[{\"containerPort\":80}],
  \"logConfiguration\":{\"logDriver\":\"awslogs\",\"options\":{\"awslogs-group\":\"/lab\",\"awslogs-region\":\"us-east-1\",\"awslogs-stream-prefix\":\"p\"}}}]" >/dev/null
TASK=$(start_task web)
check "the task runs" until_true 20 status_is "$TASK" RUNNING
IP=$(address_of "$TASK")
aws ecs describe-tasks --cluster lab --tasks "$TASK" >"$work/task"
MAC=$(jq -r '.tasks[0].attachments[0].details[]|select(.name=="macAddress").value' "$work/task")
ENI=$(jq -r '.tasks[0].attachments[0].details[]|select(.name=="networkInterfaceId").value' "$work/task")
check "the address is of the subnet" grep -qE '^10\.0\.100\.[0-9]+$' <<<"$IP"

in_task "$TASK" nginx "$work/inside" <<'L'
ip a sh
ip r sh
hostname
cat /etc/resolv.conf
curl -s localhost
L
check "inside: the ENI is eth0, with address, MAC and MTU" \
  bash -c "grep -q 'inet $IP/24' '$work/inside' && grep -qi 'link/ether $MAC' '$work/inside' && grep -qE 'eth0.*mtu 9001' '$work/inside'"
check "inside: ecs-eth0 is the first of 169.254.172.0/22" has 'inet 169\.254\.172\.2/22.*ecs-eth0' "$work/inside"
check "inside: its MAC is made of its address" has '0a:58:a9:fe:ac:02' "$work/inside"
check "inside: the default route leads through the subnet's router" has 'default via 10\.0\.100\.1 dev eth0' "$work/inside"
check "inside: two routes lead to the instance's bridge" has '169\.254\.170\.2 via 169\.254\.172\.1 dev ecs-eth0' "$work/inside"
check "inside: there is no route to the other tasks' link-local addresses" hasnt '169\.254\.172\.0/22 dev' "$work/inside"
check "inside: no IPv6 address on the ENI" hasnt 'inet6 fe80' "$work/inside"
check "inside: the host name is the private DNS name" has "ip-${IP//./-}\.ec2\.internal" "$work/inside"
check "inside: the resolver is the VPC's" has 'nameserver 10\.0\.0\.2' "$work/inside"
check "inside: nginx answers on localhost" has 'Welcome to nginx' "$work/inside"

SECOND=$(start_task web)
check "a second copy runs on the same instance, with the same port" until_true 20 status_is "$SECOND" RUNNING
IP2=$(address_of "$SECOND")
aws ecs run-task --cluster lab --task-definition web --network-configuration "awsvpcConfiguration={subnets=[$SUBNET],securityGroups=[$GROUP]}" >"$work/third"
check "a third finds no interface left" jq -e '.tasks==[] and .failures[0].reason=="RESOURCE:ENI"' "$work/third"

on_instance "$INSTANCE" "$work/host" <<L
docker ps
docker ps --format '{{.ID}} {{.Image}} {{.Names}}'
PID=\$(docker inspect -f '{{.State.Pid}}' \$(docker ps --format '{{.ID}} {{.Image}}' | grep nginx:alpine | awk '{print \$1}' | tail -1))
nsenter -t \$PID -n ip a show
ip a show ecs-bridge
curl -s $IP:80
curl -s $IP2:80 | md5sum
L
check "instance: docker ps shows the task's container by its ECS name" has 'ecs-web-1-nginx-[0-9a-f]{20}' "$work/host"
check "instance: docker ps shows the pause container" has 'amazon/amazon-ecs-pause:0\.1\.0' "$work/host"
check "instance: nsenter finds a task's interfaces by the pid of docker inspect" has 'inet 10\.0\.100\.[0-9]+/24.*eth0' "$work/host"
check "instance: ecs-bridge is the gateway of the tasks' second interface" has 'inet 169\.254\.172\.1/22' "$work/host"
check "instance: reaches the task, because both are in the group" has 'Welcome to nginx' "$work/host"

in_task "$SECOND" nginx "$work/peer" <<L
curl -s -m 5 $IP | head -5
cat /sys/class/net/eth0/address
L
check "task to task in one subnet" has 'Welcome to nginx' "$work/peer"

aws ecs stop-task --cluster lab --task "$TASK" --reason "the end" >/dev/null
check "the task stops" until_true 20 status_is "$TASK" STOPPED
aws ecs describe-tasks --cluster lab --tasks "$TASK" >"$work/stopped"
check "it says why and how" jq -e '.tasks[0] | .stopCode=="UserInitiated" and .stoppedReason=="the end" and .containers[0].exitCode==0 and
  .attachments[0].status=="DELETED" and .stoppingAt<=.stoppedAt' "$work/stopped"
check "its interface is gone" bash -c "! command aws --endpoint-url $ENDPOINT ec2 describe-network-interfaces --network-interface-ids $ENI 2>&1 | grep -v NotFound | grep -q eni-"
check "its place is free again" bash -c "[ \$(command aws --endpoint-url $ENDPOINT ecs describe-container-instances --cluster lab --container-instances \$(command aws --endpoint-url $ENDPOINT ecs list-container-instances --cluster lab --query containerInstanceArns[0] --output text) --query 'containerInstances[0].runningTasksCount' --output text) = 1 ]"
check "what nginx printed is in CloudWatch Logs" bash -c \
  "command aws --endpoint-url $ENDPOINT logs get-log-events --log-group-name /lab --log-stream-name p/nginx/${TASK##*/} --query 'events[].message' | grep -q 'GET / HTTP'"
finish
