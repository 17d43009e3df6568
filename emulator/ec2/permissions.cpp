#include "emulator/ec2/permissions.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <tuple>

#include "emulator/ec2/aws_prefix_lists.hpp"
#include "emulator/ec2/peering.hpp"
#include "emulator/ec2/tags.hpp"
#include "emulator/vpc/cidr.hpp"

namespace enibox::ec2 {
namespace {

AwsError bad_value(const std::string& message) { return {"InvalidParameterValue", message}; }

// "TCP", 6 and "tcp" are one. Protocols without a name stay numbers.
std::string protocol_of(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  static const std::map<std::string, std::string> kNames{
      {"1", "icmp"}, {"6", "tcp"}, {"17", "udp"}, {"58", "icmpv6"}, {"all", "-1"}};
  if (const auto found = kNames.find(text); found != kNames.end()) return found->second;
  if (text == "-1" || text == "icmp" || text == "tcp" || text == "udp" || text == "icmpv6") {
    return text;
  }
  int number = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < 0 || number > 255) {
    throw bad_value("Invalid value '" + text + "' for IP protocol. Unknown protocol.");
  }
  return std::to_string(number);
}

std::string wanted_protocol(const Json& in) {
  if (in.contains("IpProtocol")) return protocol_of(in.at("IpProtocol"));
  throw bad_value(
      "Invalid value 'null' for protocol. VPC security group rules must specify protocols "
      "explicitly.");
}

// Of a rule that is modified.
void check_one_peer(const Json& wanted) {
  const auto peers = wanted.contains("CidrIpv4") + wanted.contains("CidrIpv6") +
                     wanted.contains("PrefixListId") + wanted.contains("ReferencedGroupId");
  if (peers > 1) {
    throw bad_combination(
        "Only one of cidrIp, cidrIpv6, prefixListId, or referencedGroupId can be specified");
  }
  if (peers == 0) {
    throw AwsError("MissingParameter",
                   "The request must contain exactly one of: cidrIp, cidrIpv6, prefixListId, or "
                   "referencedGroupId");
  }
}

void set_ports(GroupRuleRow& row, const Json& in) {
  const bool ports = row.protocol == "tcp" || row.protocol == "udp";
  const bool icmp = row.protocol == "icmp" || row.protocol == "icmpv6";
  row.from_port = row.to_port = -1;
  if (!ports && !icmp) return;
  if (ports && (!in.contains("FromPort") || !in.contains("ToPort"))) {
    throw bad_value(
        "Invalid value 'Must specify both from and to ports with TCP/UDP.' for portRange.");
  }
  row.from_port = in.value("FromPort", -1);
  row.to_port = in.value("ToPort", -1);
  const int limit = ports ? 65535 : 255;
  const int least = ports ? 0 : -1;
  if (ports && row.from_port == -1 && row.to_port == -1) {
    row.from_port = 0;
    row.to_port = limit;
  }
  for (const int port : {row.from_port, row.to_port}) {
    if (port < least || port > limit) {
      throw bad_value("Invalid value '" + std::to_string(port) + "' for " +
                      (ports ? "ports. Must be between 0 and 65535."
                             : "ICMP type or code. Must be between -1 and 255."));
    }
  }
  if (ports && row.from_port > row.to_port) {
    throw bad_value("Invalid " + std::string(row.protocol == "tcp" ? "TCP" : "UDP") +
                    " port range [" + std::to_string(row.from_port) + ", " +
                    std::to_string(row.to_port) + "]");
  }
}

void set_cidr(GroupRuleRow& row, const std::string& cidr, bool v6) {
  const auto block = vpc::Cidr::parse(cidr);
  if (!block || block->is_v6() != v6) throw bad_value("CIDR block " + cidr + " is malformed");
  row.peer_kind = v6 ? "cidr6" : "cidr";
  row.peer = block->text();
  row.peer_vpc.clear();
}

void set_group(Ec2State& ec2, GroupRuleRow& row, const std::string& id) {
  check_id("sg", id);
  const auto peer = ec2.groups.find(id);
  row.peer_kind = "group";
  row.peer = id;
  row.peer_vpc = peer ? peer->vpc_id : "";
}

void set_list(Ec2State& ec2, const GroupRow& group, GroupRuleRow& row, const std::string& id) {
  if (!find_aws_prefix_list(group.region, id)) ec2.prefix_list(group.region, id);
  row.peer_kind = "prefix-list";
  row.peer = id;
  row.peer_vpc.clear();
}

std::string group_id_of_pair(Ec2State& ec2, const GroupRow& group, const Json& pair) {
  if (pair.contains("GroupId")) return pair.at("GroupId");
  if (!pair.contains("GroupName")) throw missing_parameter("groupId");
  const std::string name = pair.at("GroupName");
  const auto named = ec2.groups.find_named(group.vpc_id, name);
  if (!named) throw group_not_found(name);
  return named->group_id;
}

void set_description(GroupRuleRow& row, const Json& from) {
  row.description.reset();
  if (!from.contains("Description")) return;
  const std::string text = from.at("Description");
  if (text.size() > 255) {
    throw bad_value(
        "Invalid rule description. Valid descriptions are strings less than 256 "
        "characters from the following set:  a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*");
  }
  if (!text.empty()) row.description = text;
}

// The rules of one IpPermission: one for each of its peers.
void expand(Ec2State& ec2, const GroupRow& group, GroupRuleRow base, const Json& permission,
            std::vector<GroupRuleRow>& rules) {
  base.protocol = wanted_protocol(permission);
  set_ports(base, permission);
  const auto each = [&](const char* list, auto set_peer) {
    for (const auto& peer : permission.value(list, Json::array())) {
      auto row = base;
      set_peer(row, peer);
      set_description(row, peer);
      rules.push_back(std::move(row));
    }
  };
  each("IpRanges",
       [](auto& row, const Json& peer) { set_cidr(row, peer.value("CidrIp", ""), false); });
  each("Ipv6Ranges",
       [](auto& row, const Json& peer) { set_cidr(row, peer.value("CidrIpv6", ""), true); });
  each("PrefixListIds", [&](auto& row, const Json& peer) {
    set_list(ec2, group, row, peer.value("PrefixListId", ""));
  });
  each("UserIdGroupPairs", [&](auto& row, const Json& peer) {
    set_group(ec2, row, group_id_of_pair(ec2, group, peer));
  });
}

// The top-level form of old clients, as an IpPermission.
Json top_level_permission(const Json& in) {
  Json permission = Json::object();
  for (const auto* name : {"IpProtocol", "FromPort", "ToPort"}) {
    if (in.contains(name)) permission[name] = in.at(name);
  }
  if (in.contains("CidrIp")) permission["IpRanges"] = {{{"CidrIp", in.at("CidrIp")}}};
  if (in.contains("SourceSecurityGroupName")) {
    permission["UserIdGroupPairs"] = {{{"GroupName", in.at("SourceSecurityGroupName")}}};
    if (!permission.contains("IpProtocol")) permission["IpProtocol"] = "-1";
  }
  return permission;
}

// A group of another VPC is shown with the connection that leads there, or did.
Json group_peer_json(Ec2State& ec2, const GroupRuleRow& rule) {
  Json peer = {{"GroupId", rule.peer}, {"UserId", ec2.account_id}};
  const auto own = ec2.groups.find(rule.group_id);
  if (!own || own->vpc_id == rule.peer_vpc) return peer;
  peer["VpcId"] = rule.peer_vpc;
  peer["PeeringStatus"] = "deleted";
  if (const auto row = peering_between(ec2, own->vpc_id, rule.peer_vpc)) {
    peer["VpcPeeringConnectionId"] = row->peering_id;
    peer["PeeringStatus"] = row->status;
  }
  return peer;
}

Json peer_json(Ec2State& ec2, const GroupRuleRow& rule, const char** list) {
  Json peer;
  if (rule.peer_kind == "cidr") {
    *list = "IpRanges";
    peer = {{"CidrIp", rule.peer}};
  } else if (rule.peer_kind == "cidr6") {
    *list = "Ipv6Ranges";
    peer = {{"CidrIpv6", rule.peer}};
  } else if (rule.peer_kind == "prefix-list") {
    *list = "PrefixListIds";
    peer = {{"PrefixListId", rule.peer}};
  } else {
    *list = "UserIdGroupPairs";
    peer = group_peer_json(ec2, rule);
  }
  if (rule.description) peer["Description"] = *rule.description;
  return peer;
}

}  // namespace

std::vector<GroupRuleRow> rules_of(Ec2State& ec2, const GroupRow& group, bool egress,
                                   const Json& in) {
  GroupRuleRow base;
  base.region = group.region;
  base.group_id = group.group_id;
  base.egress = egress;
  auto permissions = in.value("IpPermissions", Json::array());
  if (permissions.empty()) {
    if (!in.contains("IpProtocol") && !in.contains("SourceSecurityGroupName")) {
      throw missing_parameter("ipPermissions");
    }
    permissions.push_back(top_level_permission(in));
  }
  std::vector<GroupRuleRow> rules;
  for (const auto& permission : permissions) {
    const auto before = rules.size();
    expand(ec2, group, base, permission, rules);
    if (rules.size() == before) {
      throw AwsError("MissingParameter",
                     "Missing source specification: include source security group or CIDR "
                     "information");
    }
  }
  for (std::size_t i = 0; i < rules.size(); ++i) {
    for (std::size_t k = i + 1; k < rules.size(); ++k) {
      if (rules[i].same_permission(rules[k])) {
        throw bad_value("The same permission must not appear multiple times");
      }
    }
  }
  return rules;
}

void check_peer(Ec2State& ec2, const GroupRow& group, const GroupRuleRow& rule) {
  if (rule.peer_kind != "group") return;
  const auto peer = ec2.group(group.region, rule.peer);
  if (peer.vpc_id != group.vpc_id && !are_peered(ec2, peer.vpc_id, group.vpc_id)) {
    throw AwsError("InvalidGroup.NotFound",
                   "You have specified two resources that belong to different networks.");
  }
}

void apply_rule_request(Ec2State& ec2, const GroupRow& group, const Json& wanted,
                        GroupRuleRow& row) {
  row.protocol = wanted_protocol(wanted);
  set_ports(row, wanted);
  check_one_peer(wanted);
  if (wanted.contains("CidrIpv4")) {
    set_cidr(row, wanted.at("CidrIpv4"), false);
  } else if (wanted.contains("CidrIpv6")) {
    set_cidr(row, wanted.at("CidrIpv6"), true);
  } else if (wanted.contains("PrefixListId")) {
    set_list(ec2, group, row, wanted.at("PrefixListId"));
  } else if (wanted.contains("ReferencedGroupId")) {
    set_group(ec2, row, wanted.at("ReferencedGroupId"));
    check_peer(ec2, group, row);
  }
  set_description(row, wanted);
}

Json permissions_json(Ec2State& ec2, const std::vector<GroupRuleRow>& rules, bool egress) {
  std::vector<std::pair<std::tuple<std::string, int, int>, Json>> permissions;
  for (const auto& rule : rules) {
    if (rule.egress != egress) continue;
    const std::tuple key(rule.protocol, rule.from_port, rule.to_port);
    auto found = std::find_if(permissions.begin(), permissions.end(),
                              [&](const auto& each) { return each.first == key; });
    if (found == permissions.end()) {
      Json permission = {{"IpProtocol", rule.protocol},
                         {"IpRanges", Json::array()},
                         {"Ipv6Ranges", Json::array()},
                         {"PrefixListIds", Json::array()},
                         {"UserIdGroupPairs", Json::array()}};
      if (rule.protocol != "-1") {
        permission["FromPort"] = rule.from_port;
        permission["ToPort"] = rule.to_port;
      }
      permissions.emplace_back(key, std::move(permission));
      found = std::prev(permissions.end());
    }
    const char* list = nullptr;
    auto peer = peer_json(ec2, rule, &list);
    found->second[list].push_back(std::move(peer));
  }
  Json all = Json::array();
  for (auto& [key, permission] : permissions) all.push_back(std::move(permission));
  return all;
}

Json rule_json(Ec2State& ec2, const GroupRuleRow& rule) {
  Json json = {{"SecurityGroupRuleId", rule.rule_id},
               {"SecurityGroupRuleArn", api::make_arn({"ec2", rule.region, ec2.account_id},
                                                      "security-group-rule/" + rule.rule_id)},
               {"GroupId", rule.group_id},
               {"GroupOwnerId", ec2.account_id},
               {"IsEgress", rule.egress},
               {"IpProtocol", rule.protocol},
               {"FromPort", rule.from_port},
               {"ToPort", rule.to_port},
               {"Tags", tags_json(ec2, rule.rule_id)}};
  if (rule.peer_kind == "cidr") json["CidrIpv4"] = rule.peer;
  if (rule.peer_kind == "cidr6") json["CidrIpv6"] = rule.peer;
  if (rule.peer_kind == "prefix-list") json["PrefixListId"] = rule.peer;
  if (rule.peer_kind == "group") {
    json["ReferencedGroupInfo"] = group_peer_json(ec2, rule);
  }
  if (rule.description) json["Description"] = *rule.description;
  return json;
}

std::string rule_text(const GroupRuleRow& rule) {
  auto protocol = rule.protocol;
  std::transform(protocol.begin(), protocol.end(), protocol.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  if (rule.protocol == "-1") return "peer: " + rule.peer + ", ALL, ALLOW";
  const bool icmp = rule.protocol.starts_with("icmp");
  return "peer: " + rule.peer + ", " + protocol + (icmp ? ", type: " : ", from port: ") +
         std::to_string(rule.from_port) + (icmp ? ", code: " : ", to port: ") +
         std::to_string(rule.to_port) + ", ALLOW";
}

}  // namespace enibox::ec2
