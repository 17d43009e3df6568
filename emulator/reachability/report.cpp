#include "emulator/reachability/report.hpp"

namespace enibox::reachability {
namespace {

const char* kind_name(Kind kind) {
  switch (kind) {
    case Kind::kInterface:
      return "network-interface";
    case Kind::kGroups:
      return "security-group";
    case Kind::kAcl:
      return "network-acl";
    case Kind::kRouteTable:
      return "route-table";
    case Kind::kInternetGateway:
      return "internet-gateway";
    case Kind::kNatGateway:
      return "nat-gateway";
    case Kind::kPeering:
      return "vpc-peering-connection";
    case Kind::kInternet:
      return "internet";
    case Kind::kService:
      return "resolver";
  }
  return "";
}

Json packet_json(const Packet& packet) {
  Json json = {{"Source", packet.source.text()}, {"Destination", packet.destination.text()}};
  if (packet.has_ports()) {
    json["SourcePorts"] = text_of(packet.source_ports);
    json["DestinationPorts"] = text_of(packet.destination_ports);
  }
  return json;
}

Json rule_json(const ec2::GroupRuleRow& row) {
  return {{"SecurityGroupRuleId", row.rule_id},
          {"Protocol", row.protocol},
          {"FromPort", row.from_port},
          {"ToPort", row.to_port},
          {"Peer", row.peer}};
}

Json entry_json(const ec2::AclEntryRow& row) {
  const bool icmp = row.icmp_type.has_value();
  return {{"RuleNumber", row.rule_number},
          {"RuleAction", row.rule_action},
          {"Protocol", row.protocol},
          {"FromPort", icmp ? *row.icmp_type : row.from_port.value_or(-1)},
          {"ToPort", icmp ? row.icmp_code.value_or(-1) : row.to_port.value_or(-1)},
          {"CidrBlock", row.cidr.value_or("")}};
}

bool has_direction(Kind kind) {
  return kind == Kind::kGroups || kind == Kind::kAcl || kind == Kind::kInterface;
}

Json step_json(const Step& step) {
  Json json = {{"Kind", kind_name(step.kind)},
               {"ComponentId", step.component_id},
               {"VpcId", step.vpc_id},
               {"SubnetId", step.subnet_id},
               {"Code", step.code},
               {"Packet", packet_json(step.before)}};
  if (has_direction(step.kind)) json["Direction"] = step.egress ? "egress" : "ingress";
  if (!step.eni_id.empty()) json["NetworkInterfaceId"] = step.eni_id;
  if (!step.instance_id.empty()) json["InstanceId"] = step.instance_id;
  if (!step.group_ids.empty()) json["SecurityGroups"] = step.group_ids;
  if (step.group_rule) json["Rule"] = rule_json(*step.group_rule);
  if (step.acl_entry) json["Entry"] = entry_json(*step.acl_entry);
  if (step.route) {
    json["Route"] = {{"Destination", step.route->destination},
                     {"Target", step.route->target},
                     {"State", step.route_active ? "active" : "blackhole"}};
  }
  if (step.after.source != step.before.source || step.after.destination != step.before.destination)
    json["After"] = packet_json(step.after);
  return json;
}

Json way_json(const Way& way) {
  Json steps = Json::array();
  for (const auto& step : way.steps) steps.push_back(step_json(step));
  return steps;
}

}  // namespace

Json report(const Answer& answer) {
  Json json = {{"Reachable", answer.reachable()},
               {"Protocol", protocol_name(answer.sent.protocol)},
               {"Packet", packet_json(answer.sent)},
               {"Forward", way_json(answer.forward)},
               {"Back", way_json(answer.back)}};
  if (answer.sent.has_ports()) json["SourcePorts"] = text_of(answer.source_ports);
  return json;
}

}  // namespace enibox::reachability
