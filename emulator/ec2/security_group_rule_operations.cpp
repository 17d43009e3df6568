#include <algorithm>
#include <set>

#include "emulator/ec2/describe.hpp"
#include "emulator/ec2/handlers.hpp"
#include "emulator/ec2/peering.hpp"
#include "emulator/ec2/permissions.hpp"
#include "emulator/ec2/security_group.hpp"
#include "emulator/ec2/tags.hpp"
#include "emulator/ids.hpp"

namespace enibox::ec2::op {
namespace {

constexpr FilterField kRuleFilters[] = {
    {"group-id", "GroupId"},
    {"security-group-rule-id", "SecurityGroupRuleId"},
};

Json authorize(Ec2State& ec2, const api::RequestContext& request, const Json& in, bool egress) {
  const auto group = group_of_request(ec2, request.region, in);
  auto existing = ec2.groups.rules(group.group_id);
  Json answer = Json::array();
  for (auto& rule : rules_of(ec2, group, egress, in)) {
    check_peer(ec2, group, rule);
    for (const auto& other : existing) {
      if (!rule.same_permission(other)) continue;
      throw AwsError("InvalidPermission.Duplicate",
                     "the specified rule \"" + rule_text(rule) + "\" already exists");
    }
    rule.rule_id = ec2_id("sgr");
    ec2.groups.insert_rule(rule);
    tag_new(ec2, request.region, in, {rule.rule_id, "security-group-rule"});
    answer.push_back(rule_json(ec2, rule));
    existing.push_back(rule);
  }
  check_rule_limit(ec2, existing);
  ec2.sync.group_changed(group.group_id);
  return {{"Return", true}, {"SecurityGroupRules", std::move(answer)}};
}

// The rule of this id, if it is one of the group's in this direction.
GroupRuleRow require_rule(Ec2State& ec2, const GroupRow& group, const std::string& rule_id) {
  const auto rule = ec2.groups.find_rule(rule_id);
  if (!rule || rule->group_id != group.group_id) throw group_rule_not_found(rule_id);
  return *rule;
}

std::optional<GroupRuleRow> find_same(const std::vector<GroupRuleRow>& rules,
                                      const GroupRuleRow& wanted) {
  const auto found = std::find_if(rules.begin(), rules.end(),
                                  [&](const auto& rule) { return rule.same_permission(wanted); });
  if (found == rules.end()) return std::nullopt;
  return *found;
}

// DescribeStaleSecurityGroups: the group it names has been deleted, or is another VPC's and the
// peering connection has.
bool is_stale(Ec2State& ec2, const GroupRow& group, const GroupRuleRow& rule) {
  if (rule.peer_kind != "group") return false;
  if (!ec2.groups.find(rule.peer)) return true;
  return rule.peer_vpc != group.vpc_id && !are_peered(ec2, group.vpc_id, rule.peer_vpc);
}

Json stale_permissions(Ec2State& ec2, const std::vector<GroupRuleRow>& rules, bool egress) {
  auto permissions = permissions_json(ec2, rules, egress);
  for (auto& permission : permissions) permission.erase("Ipv6Ranges");
  return permissions;
}

Json revoked_json(Ec2State& ec2, const GroupRuleRow& rule) {
  auto json = rule_json(ec2, rule);
  Json revoked = {{"SecurityGroupRuleId", rule.rule_id},
                  {"GroupId", rule.group_id},
                  {"IsEgress", rule.egress},
                  {"IpProtocol", rule.protocol},
                  {"FromPort", rule.from_port},
                  {"ToPort", rule.to_port}};
  for (const auto* name : {"CidrIpv4", "CidrIpv6", "PrefixListId", "Description"}) {
    if (json.contains(name)) revoked[name] = json[name];
  }
  if (rule.peer_kind == "group") revoked["ReferencedGroupId"] = rule.peer;
  return revoked;
}

Json revoke(Ec2State& ec2, const api::RequestContext& request, const Json& in, bool egress) {
  const auto group = group_of_request(ec2, request.region, in);
  std::vector<GroupRuleRow> going;
  for (const auto& id : wanted_ids(in, "SecurityGroupRuleIds")) {
    going.push_back(require_rule(ec2, group, id));
    if (going.back().egress != egress) throw group_rule_not_found(id);
  }
  std::vector<GroupRuleRow> unknown;
  if (going.empty()) {
    const auto existing = ec2.groups.rules(group.group_id);
    for (const auto& wanted : rules_of(ec2, group, egress, in)) {
      if (auto rule = find_same(existing, wanted)) {
        going.push_back(*rule);
      } else {
        check_peer(ec2, group, wanted);
        unknown.push_back(wanted);
      }
    }
  }
  // Only in a default VPC does EC2 answer with what it did not find.
  if (!unknown.empty() && !ec2.vpcs.find(group.vpc_id)->is_default) {
    throw AwsError("InvalidPermission.NotFound",
                   "The specified rule does not exist in this security group.");
  }
  Json revoked = Json::array();
  for (const auto& rule : going) {
    revoked.push_back(revoked_json(ec2, rule));
    ec2.tags.erase_all(rule.rule_id);
    ec2.groups.erase_rule(rule.rule_id);
  }
  ec2.sync.group_changed(group.group_id);
  Json answer = {{"Return", true}, {"RevokedSecurityGroupRules", std::move(revoked)}};
  if (!unknown.empty()) {
    answer["UnknownIpPermissions"] = permissions_json(ec2, unknown, egress);
  }
  return answer;
}

Json update_descriptions(Ec2State& ec2, const api::RequestContext& request, const Json& in,
                         bool egress) {
  const auto group = group_of_request(ec2, request.region, in);
  const auto descriptions = in.value("SecurityGroupRuleDescriptions", Json::array());
  for (const auto& each : descriptions) {
    auto rule = require_rule(ec2, group, each.value("SecurityGroupRuleId", ""));
    const auto text = each.value("Description", "");
    rule.description = text.empty() ? std::nullopt : std::optional(text);
    ec2.groups.update_rule(rule);
  }
  if (!descriptions.empty()) return {{"Return", true}};
  const auto existing = ec2.groups.rules(group.group_id);
  for (const auto& wanted : rules_of(ec2, group, egress, in)) {
    auto rule = find_same(existing, wanted);
    if (!rule) {
      throw AwsError("InvalidPermission.NotFound",
                     "The specified rule does not exist in this security group.");
    }
    rule->description = wanted.description;
    ec2.groups.update_rule(*rule);
  }
  return {{"Return", true}};
}

}  // namespace

Json authorize_security_group_ingress(Ec2State& ec2, const api::RequestContext& request,
                                      const Json& in) {
  return authorize(ec2, request, in, false);
}
Json authorize_security_group_egress(Ec2State& ec2, const api::RequestContext& request,
                                     const Json& in) {
  return authorize(ec2, request, in, true);
}
Json revoke_security_group_ingress(Ec2State& ec2, const api::RequestContext& request,
                                   const Json& in) {
  return revoke(ec2, request, in, false);
}
Json revoke_security_group_egress(Ec2State& ec2, const api::RequestContext& request,
                                  const Json& in) {
  return revoke(ec2, request, in, true);
}
Json update_rule_descriptions_ingress(Ec2State& ec2, const api::RequestContext& request,
                                      const Json& in) {
  return update_descriptions(ec2, request, in, false);
}
Json update_rule_descriptions_egress(Ec2State& ec2, const api::RequestContext& request,
                                     const Json& in) {
  return update_descriptions(ec2, request, in, true);
}

Json modify_security_group_rules(Ec2State& ec2, const api::RequestContext& request,
                                 const Json& in) {
  const auto group = group_of_request(ec2, request.region, in);
  for (const auto& update : in.value("SecurityGroupRules", Json::array())) {
    auto rule = require_rule(ec2, group, update.value("SecurityGroupRuleId", ""));
    apply_rule_request(ec2, group, update.value("SecurityGroupRule", Json::object()), rule);
    for (const auto& other : ec2.groups.rules(group.group_id)) {
      if (other.rule_id == rule.rule_id || !other.same_permission(rule)) continue;
      throw AwsError("InvalidPermission.Duplicate",
                     "the specified rule \"" + rule_text(rule) + "\" already exists");
    }
    ec2.groups.update_rule(rule);
  }
  check_rule_limit(ec2, ec2.groups.rules(group.group_id));
  ec2.sync.group_changed(group.group_id);
  return {{"Return", true}};
}

Json describe_security_group_rules(Ec2State& ec2, const api::RequestContext& request,
                                   const Json& in) {
  std::vector<Json> items;
  const auto ids = wanted_ids(in, "SecurityGroupRuleIds");
  for (const auto& id : ids) {
    check_id("sgr", id);
    const auto rule = ec2.groups.find_rule(id);
    if (!rule || rule->region != request.region) throw group_rule_not_found(id);
    items.push_back(rule_json(ec2, *rule));
  }
  const auto groups = exact_values(in, "group-id");
  if (ids.empty() && !groups && asks_for_page(in)) {
    return describe_page(
        request, in, {"SecurityGroupRules", "", {}, kRuleFilters},
        [&](const store::Stretch& stretch) {
          std::vector<Keyed> rules;
          for (const auto& rule : ec2.groups.rules_by_id(request.region, stretch)) {
            rules.push_back({rule.rule_id, rule_json(ec2, rule)});
          }
          return rules;
        });
  }
  if (ids.empty() && groups) {
    for (const auto& group_id : *groups) {
      if (!group_id.starts_with("sg-")) {
        throw AwsError("InvalidGroupId.Malformed",
                       "The security group ID '" + group_id + "' is malformed");
      }
      for (const auto& rule : ec2.groups.rules(group_id)) {
        if (rule.region == request.region) items.push_back(rule_json(ec2, rule));
      }
    }
  } else if (ids.empty()) {
    for (const auto& rule : ec2.groups.rules_of_region(request.region)) {
      items.push_back(rule_json(ec2, rule));
    }
  }
  return describe(request, in,
                  {"SecurityGroupRules", "SecurityGroupRuleId", std::move(items), kRuleFilters});
}

Json describe_stale_security_groups(Ec2State& ec2, const api::RequestContext& request,
                                    const Json& in) {
  const auto vpc = ec2.vpc(request.region, in.at("VpcId"));
  std::vector<Json> items;
  for (const auto& group : ec2.groups.of_vpc(vpc.vpc_id)) {
    auto rules = ec2.groups.rules(group.group_id);
    std::erase_if(rules, [&](const auto& rule) { return !is_stale(ec2, group, rule); });
    if (rules.empty()) continue;
    items.push_back({{"GroupId", group.group_id},
                     {"GroupName", group.name},
                     {"Description", group.description},
                     {"VpcId", group.vpc_id},
                     {"StaleIpPermissions", stale_permissions(ec2, rules, false)},
                     {"StaleIpPermissionsEgress", stale_permissions(ec2, rules, true)}});
  }
  return describe(request, in, {"StaleSecurityGroupSet", "GroupId", std::move(items), {}});
}

Json describe_security_group_references(Ec2State& ec2, const api::RequestContext& request,
                                        const Json& in) {
  Json references = Json::array();
  for (const auto& id : wanted_ids(in, "GroupId")) {
    const auto group = ec2.group(request.region, id);
    std::set<std::string> vpcs;
    for (const auto& rule : ec2.groups.rules_naming(id)) {
      const auto referencing = ec2.groups.find(rule.group_id);
      if (referencing && referencing->vpc_id != group.vpc_id) vpcs.insert(referencing->vpc_id);
    }
    for (const auto& vpc_id : vpcs) {
      Json reference = {{"GroupId", id}, {"ReferencingVpcId", vpc_id}};
      if (const auto peering = peering_between(ec2, group.vpc_id, vpc_id))
        reference["VpcPeeringConnectionId"] = peering->peering_id;
      references.push_back(std::move(reference));
    }
  }
  return {{"SecurityGroupReferenceSet", std::move(references)}};
}

}  // namespace enibox::ec2::op
