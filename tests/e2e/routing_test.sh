#!/usr/bin/env bash
# Ways out of a VPC: a task in a private subnet reaches the internet's server through a NAT gateway, which shows its elastic address
# there; in a public subnet, where EC2-launch tasks have no public address, it reaches nothing. And ways between two VPCs.
. "$(dirname "$0")/lib.sh"

SERVER=192.0.2.1
seen() { at "$1" curl -sS -m 3 "http://$SERVER/"; }
sees() { [ "$(seen "$1")" = "$2" ]; }  # FROM ADDRESS
state_of_nat() { ask ec2 describe-nat-gateways --nat-gateway-ids "$NAT" --query 'NatGateways[0].State'; }
nat_is() { [ "$(state_of_nat)" = "$1" ]; }
route() { aws ec2 create-route --route-table-id "$1" --destination-cidr-block "$2" "$3" "$4" >/dev/null; }
table_of() { # SUBNET; a route table of its own
  local table; table=$(ask ec2 create-route-table --vpc-id "$VPC" --query RouteTable.RouteTableId)
  ask ec2 associate-route-table --route-table-id "$table" --subnet-id "$1" >/dev/null; echo "$table"
}
start_in() { # SUBNET
  ask ecs run-task --cluster "$CLUSTER" --task-definition web --launch-type EC2 --network-configuration \
    "awsvpcConfiguration={subnets=[$1],securityGroups=[$GROUP],assignPublicIp=DISABLED}" --query 'tasks[0].taskArn'
}
interface_of() { ask ec2 describe-network-interfaces --filters "Name=addresses.private-ip-address,Values=$1" "Name=vpc-id,Values=${2:-$VPC}" --query "NetworkInterfaces[0].$3"; }

make_network
PUBLIC=$(ask ec2 create-subnet --vpc-id "$VPC" --cidr-block 10.0.1.0/24 --availability-zone us-east-1a --query Subnet.SubnetId)
IGW=$(ask ec2 create-internet-gateway --query InternetGateway.InternetGatewayId)
aws ec2 attach-internet-gateway --internet-gateway-id "$IGW" --vpc-id "$VPC"
aws ec2 modify-subnet-attribute --subnet-id "$PUBLIC" --map-public-ip-on-launch
PUBLIC_TABLE=$(table_of "$PUBLIC")
PRIVATE_TABLE=$(table_of "$SUBNET")
route "$PUBLIC_TABLE" 0.0.0.0/0 --gateway-id "$IGW"

make_instance m5.large "$PUBLIC"
read -r HOST HOST_PUBLIC <<<"$(ask ec2 describe-instances --instance-ids "$INSTANCE" --query 'Reservations[0].Instances[0].[PrivateIpAddress,PublicIpAddress]')"
check "an instance of a public subnet has a public address" grep -qE '^(203\.0\.113|198\.51\.100)\.' <<<"$HOST_PUBLIC"
check "and the internet sees it" sees "$HOST" "$HOST_PUBLIC"

register web "$NGINX" >/dev/null
TASK=$(start_in "$PUBLIC")
check "a task in the public subnet runs" until_true 30 status_is "$TASK" RUNNING
task=$(address_of "$TASK")
check "without a public address it reaches nothing" silence "$task" "http://$SERVER/"
ask ecs stop-task --cluster "$CLUSTER" --task "$TASK" >/dev/null

EIP=$(ask ec2 allocate-address --query AllocationId)
EIP_ADDRESS=$(ask ec2 describe-addresses --allocation-ids "$EIP" --query 'Addresses[0].PublicIp')
NAT=$(ask ec2 create-nat-gateway --subnet-id "$PUBLIC" --allocation-id "$EIP" --query NatGateway.NatGatewayId)
check "the NAT gateway becomes available" until_true 10 nat_is available
NAT_ENI=$(ask ec2 describe-nat-gateways --nat-gateway-ids "$NAT" --query 'NatGateways[0].NatGatewayAddresses[0].NetworkInterfaceId')
ask ec2 describe-network-interfaces --network-interface-ids "$NAT_ENI" \
  --query 'NetworkInterfaces[0].[InterfaceType,Description,SourceDestCheck,length(Groups),Association.PublicIp,Attachment.InstanceOwnerId]' >"$work/eni"
check "its interface is what EC2 shows" has "nat_gateway.Interface for NAT Gateway $NAT.False.0.$EIP_ADDRESS.amazon-aws" "$work/eni"

# The instance's subnet does not matter to its tasks: each has its own interface in its own subnet.
TASK=$(start_in "$SUBNET")
check "a task in the private subnet runs" until_true 30 status_is "$TASK" RUNNING
task=$(address_of "$TASK")
check "without a route it reaches nothing" silence "$task" "http://$SERVER/"
route "$PRIVATE_TABLE" 0.0.0.0/0 --nat-gateway-id "$NAT"
check "through the NAT gateway the internet sees the elastic address" sees "$task" "$EIP_ADDRESS"
aws ec2 delete-route --route-table-id "$PUBLIC_TABLE" --destination-cidr-block 0.0.0.0/0
check "the NAT gateway's own subnet needs its route" silence "$task" "http://$SERVER/"
route "$PUBLIC_TABLE" 0.0.0.0/0 --gateway-id "$IGW"
check "and has it again at once" sees "$task" "$EIP_ADDRESS"

ask ec2 delete-nat-gateway --nat-gateway-id "$NAT" >/dev/null
check "a deleted NAT gateway leads nowhere" silence "$task" "http://$SERVER/"
check "and is deleted" until_true 10 nat_is deleted
check "its route is a blackhole" bash -c "[ \$(aws --endpoint-url $ENDPOINT ec2 describe-route-tables --route-table-ids $PRIVATE_TABLE --query 'RouteTables[0].Routes[?DestinationCidrBlock==\`0.0.0.0/0\`].State' --output text) = blackhole ]"

# An elastic address takes the place of the instance's public one, at once; and back.
PRIMARY=$(interface_of "$HOST" "$VPC" NetworkInterfaceId)
ASSOCIATION=$(ask ec2 associate-address --allocation-id "$EIP" --network-interface-id "$PRIMARY" --query AssociationId)
check "the internet sees the elastic address" sees "$HOST" "$EIP_ADDRESS"
aws ec2 disassociate-address --association-id "$ASSOCIATION"
HOST_PUBLIC=$(ask ec2 describe-instances --instance-ids "$INSTANCE" --query 'Reservations[0].Instances[0].PublicIpAddress')
check "and a public one again" sees "$HOST" "$HOST_PUBLIC"

# A second VPC, peered.
OTHER_VPC=$(ask ec2 create-vpc --cidr-block 10.1.0.0/16 --query Vpc.VpcId)
OTHER_SUBNET=$(ask ec2 create-subnet --vpc-id "$OTHER_VPC" --cidr-block 10.1.1.0/24 --availability-zone us-east-1a --query Subnet.SubnetId)
OTHER_GROUP=$(ask ec2 create-security-group --group-name other --description other --vpc-id "$OTHER_VPC" --query GroupId)
OTHER_TABLE=$(ask ec2 describe-route-tables --filters "Name=vpc-id,Values=$OTHER_VPC" --query 'RouteTables[0].RouteTableId')
aws ec2 run-instances --image-id "$(ask ec2 describe-instances --instance-ids "$INSTANCE" --query 'Reservations[0].Instances[0].ImageId')" \
  --instance-type t3.medium --subnet-id "$OTHER_SUBNET" --security-group-ids "$OTHER_GROUP" >"$work/other"
other=$(python3 -c 'import json,sys; print(json.load(open(sys.argv[1]))["Instances"][0]["PrivateIpAddress"])' "$work/other")
check "the other VPC's instance is there" until_true 30 pid_with "$other"
PEERING=$(ask ec2 create-vpc-peering-connection --vpc-id "$OTHER_VPC" --peer-vpc-id "$VPC" --query VpcPeeringConnection.VpcPeeringConnectionId)
ask ec2 accept-vpc-peering-connection --vpc-peering-connection-id "$PEERING" >/dev/null
ask ec2 authorize-security-group-ingress --group-id "$GROUP" --ip-permissions 'IpProtocol=tcp,FromPort=80,ToPort=80,IpRanges=[{CidrIp=10.1.0.0/16}]' >/dev/null
check "peered without routes: silence" silence "$other" "$task"
route "$OTHER_TABLE" 10.0.0.0/16 --vpc-peering-connection-id "$PEERING"
check "a route on one side only: silence" silence "$other" "$task"
route "$PRIVATE_TABLE" 10.1.0.0/16 --vpc-peering-connection-id "$PEERING"
check "routes on both sides: a task answers" welcome "$other" "$task"
ask ec2 delete-vpc-peering-connection --vpc-peering-connection-id "$PEERING" >/dev/null
check "without the connection: silence" silence "$other" "$task"
finish
