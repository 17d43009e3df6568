#include "emulator/ec2/insights_json.hpp"

#include <algorithm>

#include "emulator/ec2/tags.hpp"
#include "emulator/vpc/service_match.hpp"

namespace enibox::ec2 {
namespace {

using reachability::Kind;
using reachability::Step;

class Shapes {
 public:
  Shapes(Ec2State& ec2, const api::RequestContext& request) : ec2_(ec2), request_(request) {}

  Json component(const std::string& id) const {
    Json json = {{"Id", id}, {"Arn", resource_arn(request_, id)}};
    for (const auto& tag : ec2_.tags.of(id))
      if (tag.key == "Name") json["Name"] = tag.value;
    return json;
  }
  // Under `member`, where there is such a resource.
  void put(Json& json, const char* member, const std::string& id) const {
    if (!id.empty()) json[member] = component(id);
  }

 private:
  Ec2State& ec2_;
  const api::RequestContext& request_;
};

std::string protocol_text(const std::string& protocol) {
  const auto number = vpc::protocol_number(protocol);
  return number ? reachability::protocol_name(*number) : "all";
}

// For protocols that have ports, when the rule names some.
void put_ports(Json& json, const std::string& protocol, int from, int to) {
  const auto number = vpc::protocol_number(protocol);
  if (!number || (*number != reachability::kTcp && *number != reachability::kUdp)) return;
  if (vpc::all_ports(from, to)) return;
  json["PortRange"] = {{"From", from}, {"To", to}};
}

Json acl_rule_json(const AclEntryRow& row) {
  Json json = {{"Cidr", row.cidr.value_or("")},
               {"Egress", row.egress},
               {"Protocol", protocol_text(row.protocol)},
               {"RuleAction", row.rule_action},
               {"RuleNumber", row.rule_number}};
  put_ports(json, row.protocol, row.from_port.value_or(-1), row.to_port.value_or(-1));
  return json;
}

const char* direction_of(const Step& step) { return step.egress ? "egress" : "ingress"; }

Json group_rule_json(const GroupRuleRow& row) {
  Json json = {{"Direction", row.egress ? "egress" : "ingress"},
               {"Protocol", protocol_text(row.protocol)}};
  put_ports(json, row.protocol, row.from_port, row.to_port);
  if (row.peer_kind == "cidr") json["Cidr"] = row.peer;
  if (row.peer_kind == "group") json["SecurityGroupId"] = row.peer;
  if (row.peer_kind == "prefix-list") json["PrefixListId"] = row.peer;
  return json;
}

Json route_json(const Step& step) {
  auto origin = step.route->origin;
  std::transform(origin.begin(), origin.end(), origin.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  return {{"DestinationCidr", step.route->destination},
          {step.route->target_kind, step.route->target},
          {"Origin", origin},
          {"State", step.route_active ? "active" : "blackhole"}};
}

Json ranges_json(const reachability::Ports& ports) {
  Json json = Json::array();
  for (const auto& range : ports) json.push_back({{"From", range.from}, {"To", range.to}});
  return json;
}

Json header_json(const reachability::Packet& packet) {
  Json json = {{"Protocol", std::to_string(packet.protocol)},
               {"SourceAddresses", {packet.source.text() + "/32"}},
               {"DestinationAddresses", {packet.destination.text() + "/32"}}};
  if (packet.has_ports()) {
    json["SourcePortRanges"] = ranges_json(packet.source_ports);
    json["DestinationPortRanges"] = ranges_json(packet.destination_ports);
  }
  return json;
}

class PathList {
 public:
  explicit PathList(const Shapes& shapes) : shapes_(shapes) {}

  Json& add(const std::string& id) {
    Json json = {{"SequenceNumber", list_.size() + 1},
                 {"AdditionalDetails", Json::array()},
                 {"Explanations", Json::array()}};
    shapes_.put(json, "Component", id);
    list_.push_back(std::move(json));
    return list_.back();
  }
  void add(const Step& step) {
    Json& json = add(step.component_id);
    if (step.kind == Kind::kInterface) {
      shapes_.put(json, "AttachedTo", step.instance_id);
      shapes_.put(json, "Subnet", step.subnet_id);
      shapes_.put(json, "Vpc", step.vpc_id);
    }
    if (step.kind == Kind::kInternetGateway || step.kind == Kind::kNatGateway ||
        step.kind == Kind::kPeering)
      shapes_.put(json, "Vpc", step.vpc_id);
    if (step.group_rule) json["SecurityGroupRule"] = group_rule_json(*step.group_rule);
    if (step.acl_entry) json["AclRule"] = acl_rule_json(*step.acl_entry);
    if (step.route) json["RouteTableRoute"] = route_json(step);
    if (step.before != step.after && !step.group_rule && !step.acl_entry) {
      json["InboundHeader"] = header_json(step.before);
      json["OutboundHeader"] = header_json(step.after);
    }
  }
  bool empty() const { return list_.empty(); }
  Json& front() { return list_.front(); }
  Json& back() { return list_.back(); }
  Json take() { return std::move(list_); }

 private:
  const Shapes& shapes_;
  Json list_ = Json::array();
};

Json explanation_json(const Shapes& shapes, const Step& step) {
  Json json = {{"ExplanationCode", step.code}};
  shapes.put(json, "Vpc", step.vpc_id);
  switch (step.kind) {
    case Kind::kInterface:
      json["Direction"] = direction_of(step);
      shapes.put(json, "NetworkInterface", step.eni_id);
      if (step.code == "BAD_STATE") shapes.put(json, "Component", step.instance_id);
      if (step.code == "BAD_STATE_ATTACHMENT") json["State"] = "detached";
      break;
    case Kind::kGroups:
      json["Direction"] = direction_of(step);
      shapes.put(json, "NetworkInterface", step.eni_id);
      json["SecurityGroups"] = Json::array();
      for (const auto& id : step.group_ids) json["SecurityGroups"].push_back(shapes.component(id));
      break;
    case Kind::kAcl:
      json["Direction"] = direction_of(step);
      shapes.put(json, "Acl", step.component_id);
      if (step.acl_entry) json["AclRule"] = acl_rule_json(*step.acl_entry);
      shapes.put(json, "Subnet", step.subnet_id);
      break;
    case Kind::kRouteTable:
      shapes.put(json, "RouteTable", step.component_id);
      if (step.route) json["RouteTableRoute"] = route_json(step);
      json["Address"] = step.before.destination.text();
      break;
    case Kind::kInternetGateway:
      shapes.put(json, "InternetGateway", step.component_id);
      json["Address"] = (step.egress ? step.before.source : step.before.destination).text();
      break;
    case Kind::kNatGateway:
      shapes.put(json, "NatGateway", step.component_id);
      break;
    case Kind::kPeering:
      shapes.put(json, "VpcPeeringConnection", step.component_id);
      json["Address"] = step.before.destination.text();
      break;
    case Kind::kInternet:
    case Kind::kService:
      json["Address"] = step.before.destination.text();
      break;
  }
  return json;
}

}  // namespace

std::string resource_arn(const api::RequestContext& request, const std::string& resource_id) {
  return request.arn("ec2", resource_type_of(resource_id) + "/" + resource_id);
}

Json path_components_json(Ec2State& ec2, const api::RequestContext& request,
                          const reachability::Way& way) {
  const Shapes shapes(ec2, request);
  PathList list(shapes);
  const Step* last = nullptr;
  for (const auto& step : way.steps) {
    if (!step.code.empty()) break;
    if (step.component_id.empty()) continue;  // the internet, the resolver: no resources of AWS
    if (list.empty() && step.kind == Kind::kInterface && !step.instance_id.empty())
      list.add(step.instance_id);
    list.add(step);
    last = &step;
  }
  if (last == nullptr) return list.take();
  list.front()["OutboundHeader"] = header_json(way.steps.front().after);
  if (!way.open()) return list.take();
  if (last->kind == Kind::kInterface && !last->instance_id.empty()) list.add(last->instance_id);
  list.back()["InboundHeader"] = header_json(last->before);
  return list.take();
}

Json explanations_json(Ec2State& ec2, const api::RequestContext& request,
                       const reachability::Way& way) {
  const Shapes shapes(ec2, request);
  Json list = Json::array();
  for (const auto& step : way.steps)
    if (!step.code.empty()) list.push_back(explanation_json(shapes, step));
  return list;
}

}  // namespace enibox::ec2
