#!/usr/bin/env bash
# The resolver of a VPC: names of addresses, for tasks and instances, whatever groups say.
. "$(dirname "$0")/lib.sh"

dig_at() { at "$1" dig +time=2 +tries=1 "${@:2}"; }                             # FROM ARGUMENTS...
answers() { [ "$(dig_at "$1" +short "${@:3}")" = "$2" ]; }                      # FROM EXPECTED ARGUMENTS...
status_of() { dig_at "$1" "${@:3}" | grep -q "status: $2,"; }                   # FROM STATUS ARGUMENTS...
no_answer() { dig_at "$1" "${@:2}"; [ $? -eq 9 ]; }                             # dig's "no reply from server"
name_of() { echo "ip-${1//./-}.ec2.internal"; }

make_network
CLOSED=$(ask ec2 create-security-group --group-name closed --description closed --vpc-id "$VPC" --query GroupId)
ask ec2 revoke-security-group-egress --group-id "$CLOSED" --ip-permissions 'IpProtocol=-1,IpRanges=[{CidrIp=0.0.0.0/0}]' >/dev/null
make_instance m5.4xlarge
HOST=$(ask ec2 describe-instances --instance-ids "$INSTANCE" --query 'Reservations[0].Instances[0].PrivateIpAddress')
register web "$NGINX" >/dev/null
A=$(start_task web) B=$(start_task web) C=$(start_task web "$CLOSED")
for task in "$A" "$B" "$C"; do check "a task runs" until_true 30 status_is "$task" RUNNING; done
a=$(address_of "$A") b=$(address_of "$B") c=$(address_of "$C")

check "another task's name at the VPC's base plus two" answers "$a" "$b" @10.0.0.2 "$(name_of "$b")"
check "and at the link-local address" answers "$a" "$b" @169.254.169.253 "$(name_of "$b")"
check "over TCP, too" answers "$a" "$b" +tcp @10.0.0.2 "$(name_of "$b")"
check "the reverse name" answers "$a" "$(name_of "$b")." @10.0.0.2 -x "$b"
check "an address that nobody has is named as well" answers "$a" 10.0.7.7 @10.0.0.2 "$(name_of 10.0.7.7)"
check "an address of elsewhere is not" status_of "$a" NXDOMAIN @10.0.0.2 "$(name_of 10.9.7.7)"
check "a task whose groups allow nothing asks all the same" answers "$c" "$a" @10.0.0.2 "$(name_of "$a")"
check "the instance asks" answers "$HOST" "$a" @10.0.0.2 "$(name_of "$a")"
check "the world outside fails: there is no uplink" status_of "$a" SERVFAIL @10.0.0.2 example.com
check "TTL 60, and the case comes back" bash -c "dig() { nsenter -t $(pid_with "$a") -U -n --preserve-credentials dig \"\$@\"; }
  dig +noall +answer @10.0.0.2 IP-${a//./-}.EC2.Internal | grep -qE '^IP-${a//./-}\.EC2\.Internal\.\s+60\s+IN\s+A\s+$a'"

in_task "$A" nginx "$work/task" <<E2
cat /etc/resolv.conf
curl -sS $(name_of "$b") | head -4
hostname
curl -sS ip-${b//./-} | head -4 | sed s/Welcome/SearchWorks/
E2
check "the task's resolv.conf names the resolver" has 'nameserver 10\.0\.0\.2' "$work/task"
check "and searches the private domain" has 'search ec2\.internal' "$work/task"
check "a task reaches another by its name" has 'Welcome to nginx' "$work/task"
check "and by the short one" has 'SearchWorks to nginx' "$work/task"
check "its own hostname is that name" has "ip-${a//./-}\.ec2\.internal" "$work/task"
on_instance "$INSTANCE" "$work/instance" <<E2
curl -sS $(name_of "$a") | head -4
E2
check "the instance reaches a task by its name" has 'Welcome to nginx' "$work/instance"

# Another VPC with the same addresses has a resolver of its own, which obeys its own attributes.
OTHER=$(ask ec2 create-vpc --cidr-block 10.0.0.0/16 --query Vpc.VpcId)
ask ec2 modify-vpc-attribute --vpc-id "$VPC" --enable-dns-hostnames '{"Value":false}'
check "without DNS hostnames there are no names" status_of "$a" NXDOMAIN @10.0.0.2 "$(name_of "$b")"
ask ec2 modify-vpc-attribute --vpc-id "$VPC" --enable-dns-support '{"Value":false}'
check "without DNS support nobody answers" no_answer "$a" @10.0.0.2 "$(name_of "$b")"
check "neither at the link-local address, nor over TCP" no_answer "$a" +tcp @169.254.169.253 "$(name_of "$b")"
ask ec2 modify-vpc-attribute --vpc-id "$VPC" --enable-dns-support '{"Value":true}'
ask ec2 modify-vpc-attribute --vpc-id "$VPC" --enable-dns-hostnames '{"Value":true}'
check "with both again, at once" answers "$a" "$b" @10.0.0.2 "$(name_of "$b")"
check "the other VPC goes without a trace" aws ec2 delete-vpc --vpc-id "$OTHER"

# DHCP options are for those who come later.
OPTIONS=$(ask ec2 create-dhcp-options --dhcp-configurations 'Key=domain-name,Values=corp.example' \
  'Key=domain-name-servers,Values=10.0.0.9,AmazonProvidedDNS' --query DhcpOptions.DhcpOptionsId)
ask ec2 associate-dhcp-options --dhcp-options-id "$OPTIONS" --vpc-id "$VPC"
D=$(start_task web)
check "a task runs" until_true 30 status_is "$D" RUNNING
in_task "$D" nginx "$work/later" <<<'cat /etc/resolv.conf'
check "a new task has the domain of the DHCP options" has 'search corp\.example' "$work/later"
check "and its servers in order" bash -c "grep -A1 'nameserver 10.0.0.9' '$work/later' | grep -q 'nameserver 10.0.0.2'"
in_task "$A" nginx "$work/earlier" <<<'cat /etc/resolv.conf'
check "an old one keeps what it had" has 'search ec2\.internal' "$work/earlier"
finish
