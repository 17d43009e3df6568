#!/usr/bin/env bash
# `enibox why` and Reachability Analyzer say what packets between two commands in a VPC meet.
. "$(dirname "$0")/lib.sh"

build=${ENIBOX_BUILD:-$(dirname "$0")/../../build}
user=(); [ -z "${DAEMON_USER:-}" ] || user=(setpriv "--reuid=$DAEMON_USER" "--regid=$DAEMON_USER" --clear-groups env HOME=/nonexistent)
as() { "${user[@]}" "$@"; }
why() { as "$build/enibox" why "$@" --listen "${ENDPOINT#http://}"; }
says() { local want=$1 text=$2; shift 2; why "$@" >"$work/answer" 2>&1; local got=$?
  [ $got -eq "$want" ] && has "$text" "$work/answer" || { echo "ended with $got:"; cat "$work/answer"; return 1; }; }

make_network
FAR=$(ask ec2 create-subnet --vpc-id "$VPC" --cidr-block 10.0.101.0/24 --availability-zone us-east-1a --query Subnet.SubnetId)
CLIENTS=$(ask ec2 create-security-group --group-name clients --description clients --vpc-id "$VPC" --query GroupId)
cd "$work"; chmod 777 "$work"

serve() { as "$build/enibox" in-vpc --listen "${ENDPOINT#http://}" --subnet "$1" --security-group "$2" -- python3 -m http.server 8000 >"$work/server-$1" 2>&1 & }
address_in() { ask ec2 describe-network-interfaces --filters "Name=subnet-id,Values=$1" --query 'NetworkInterfaces[0].PrivateIpAddress'; }
eni_in() { ask ec2 describe-network-interfaces --filters "Name=subnet-id,Values=$1" --query 'NetworkInterfaces[0].NetworkInterfaceId'; }
serves() { at "$1" curl -sS -m 2 -o /dev/null "http://$1:8000/"; }
serve "$SUBNET" "$CLIENTS"; client=$!
serve "$FAR" "$GROUP"; server=$!
up() { [[ $(address_in "$SUBNET") == 10.0.100.* && $(address_in "$FAR") == 10.0.101.* ]]; }
check "two commands have interfaces" until_true 30 up
FROM=$(address_in "$SUBNET"); TO=$(address_in "$FAR")
FROM_ENI=$(eni_in "$SUBNET"); TO_ENI=$(eni_in "$FAR")
check "both serve" until_true 30 eval 'serves "$FROM" && serves "$TO"'
fetched() { at "$FROM" curl -sS -m 3 -o /dev/null "http://$TO:8000/"; }

check "no rule: it says so, and ends with 1" says 1 "STOP +$GROUP .*no inbound rule of $GROUP allows .*ENI_SG_RULES_MISMATCH" "$FROM_ENI" "$TO:8000"
check "and packets meet silence" silence "$FROM" "http://$TO:8000/"

PATH_ID=$(ask ec2 create-network-insights-path --source "$FROM_ENI" --destination "$TO_ENI" --protocol tcp --destination-port 8000 \
  --tag-specifications 'ResourceType=network-insights-path,Tags=[{Key=Name,Value=lab}]' --query NetworkInsightsPath.NetworkInsightsPathId)
analyse() { ANALYSIS=$(ask ec2 start-network-insights-analysis --network-insights-path-id "$PATH_ID" --query NetworkInsightsAnalysis.NetworkInsightsAnalysisId)
  aws ec2 describe-network-insights-analyses --network-insights-analysis-ids "$ANALYSIS" --output json >"$work/analysis"; }
analyse
check "the analysis says the same" jq -e '.NetworkInsightsAnalyses[0] | .Status == "succeeded" and .NetworkPathFound == false and .Explanations[0].ExplanationCode == "ENI_SG_RULES_MISMATCH" and .Explanations[0].NetworkInterface.Id == "'"$TO_ENI"'"' "$work/analysis"

RULE=$(ask ec2 authorize-security-group-ingress --group-id "$GROUP" --ip-permissions "IpProtocol=tcp,FromPort=8000,ToPort=8000,UserIdGroupPairs=[{GroupId=$CLIENTS}]" --query 'SecurityGroupRules[0].SecurityGroupRuleId')
check "a rule: reachable, by that rule" says 0 "pass +$GROUP +$RULE allows tcp 8000 from $CLIENTS" "$FROM" "$TO_ENI:8000"
check "and packets pass" fetched
analyse
check "the analysis finds the path" jq -e '.NetworkInsightsAnalyses[0] | .NetworkPathFound and (.Explanations == []) and .ForwardPathComponents[0].Component.Id == "'"$FROM_ENI"'" and .ReturnPathComponents[0].Component.Id == "'"$TO_ENI"'"' "$work/analysis"
check "another port is not" says 1 ENI_SG_RULES_MISMATCH "$FROM" "$TO:8001"
check "nor the other way round" says 1 "$CLIENTS .*ENI_SG_RULES_MISMATCH" "$TO" "$FROM:8000"
check "nor by UDP" says 1 '^udp .*not reachable' "$FROM" "$TO:8000" --protocol udp
check "nor an echo" says 1 '^icmp .*not reachable' "$FROM" "$TO" --protocol icmp

# The way back is the network ACL's to judge.
ACL=$(ask ec2 create-network-acl --vpc-id "$VPC" --query NetworkAcl.NetworkAclId)
entry() { ask ec2 create-network-acl-entry --network-acl-id "$ACL" --rule-action allow --cidr-block 0.0.0.0/0 "$@" >/dev/null; }
entry --rule-number 100 --ingress --protocol -1
ASSOCIATION=$(ask ec2 describe-network-acls --filters "Name=association.subnet-id,Values=$FAR" --query "NetworkAcls[0].Associations[?SubnetId=='$FAR'].NetworkAclAssociationId")
ask ec2 replace-network-acl-association --association-id "$ASSOCIATION" --network-acl-id "$ACL" >/dev/null
check "answers are stopped" says 1 "STOP +$ACL +out of $FAR: rule \* denies" "$FROM" "$TO:8000"
check "which packets show" silence "$FROM" "http://$TO:8000/"
entry --rule-number 90 --egress --protocol tcp --port-range From=1024,To=65535
check "ephemeral ports let them back" says 0 "out of $FAR: rule 90 allows tcp 1024-65535" "$FROM" "$TO:8000"
check "which packets show, too" fetched

check "out there: no route" says 1 'rtb-.*no route to 192\.0\.2\.1.*NO_ROUTE_TO_DESTINATION' "$FROM" 192.0.2.1:80
why "$FROM" "$TO:8000" --json >"$work/json"
check "--json is JSON" jq -e '.Reachable and .Forward[0].ComponentId == "'"$FROM_ENI"'"' "$work/json"
check "the VPC may be said" says 0 reachable "$FROM" "$TO:8000" --vpc "$VPC"
check "a wrong one is told" says 2 'vpc ID .* does not exist' "$FROM" "$TO:8000" --vpc vpc-0123456789abcdef0
check "an unknown interface is told" says 2 "networkInterface ID 'eni-0123456789abcdef0' does not exist" eni-0123456789abcdef0 "$TO:8000"
check "an unknown task is told" says 2 'no task 0123456789abcdef0123456789abcdef' "$FROM" 0123456789abcdef0123456789abcdef:80
# One of the five that EC2 never gives out.
check "an address nobody has is told" says 2 'No interface has the address 10\.0\.100\.3' 10.0.100.3 "$TO:8000"
check "nonsense is told" says 2 "'nonsense' is no interface" "$FROM" nonsense:80
check "a port is wanted" says 2 'to which port' "$FROM" "$TO"
check "a wrong flag is named" says 2 'did you mean --protocol' "$FROM" "$TO:80" --protokol udp
check "--help explains" says 0 'Usage: enibox why SOURCE DESTINATION' --help

check "a path with analyses stays" bash -c "command aws --endpoint-url $ENDPOINT ec2 delete-network-insights-path --network-insights-path-id $PATH_ID 2>&1 | grep -q AnalysisExistsForNetworkInsightsPath"
kill -TERM $client $server; wait $client $server
finish
