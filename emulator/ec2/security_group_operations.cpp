#include "emulator/ec2/describe.hpp"
#include "emulator/ec2/handlers.hpp"
#include "emulator/ec2/permissions.hpp"
#include "emulator/ec2/security_group.hpp"
#include "emulator/ec2/tags.hpp"

namespace enibox::ec2::op {
namespace {

constexpr FilterField kGroupFilters[] = {
    {"description", "Description"},
    {"egress.ip-permission.cidr", "IpPermissionsEgress[].IpRanges[].CidrIp"},
    {"egress.ip-permission.from-port", "IpPermissionsEgress[].FromPort"},
    {"egress.ip-permission.group-id", "IpPermissionsEgress[].UserIdGroupPairs[].GroupId"},
    {"egress.ip-permission.group-name", "IpPermissionsEgress[].UserIdGroupPairs[].GroupName"},
    {"egress.ip-permission.ipv6-cidr", "IpPermissionsEgress[].Ipv6Ranges[].CidrIpv6"},
    {"egress.ip-permission.prefix-list-id", "IpPermissionsEgress[].PrefixListIds[].PrefixListId"},
    {"egress.ip-permission.protocol", "IpPermissionsEgress[].IpProtocol"},
    {"egress.ip-permission.to-port", "IpPermissionsEgress[].ToPort"},
    {"egress.ip-permission.user-id", "IpPermissionsEgress[].UserIdGroupPairs[].UserId"},
    {"group-id", "GroupId"},
    {"group-name", "GroupName"},
    {"ip-permission.cidr", "IpPermissions[].IpRanges[].CidrIp"},
    {"ip-permission.from-port", "IpPermissions[].FromPort"},
    {"ip-permission.group-id", "IpPermissions[].UserIdGroupPairs[].GroupId"},
    {"ip-permission.group-name", "IpPermissions[].UserIdGroupPairs[].GroupName"},
    {"ip-permission.ipv6-cidr", "IpPermissions[].Ipv6Ranges[].CidrIpv6"},
    {"ip-permission.prefix-list-id", "IpPermissions[].PrefixListIds[].PrefixListId"},
    {"ip-permission.protocol", "IpPermissions[].IpProtocol"},
    {"ip-permission.to-port", "IpPermissions[].ToPort"},
    {"ip-permission.user-id", "IpPermissions[].UserIdGroupPairs[].UserId"},
    {"owner-id", "OwnerId"},
    {"vpc-id", "VpcId"},
};

constexpr FilterField kForVpcFilters[] = {
    {"description", "Description"},     {"group-id", "GroupId"},
    {"group-name", "GroupName"},        {"owner-id", "OwnerId"},
    {"primary-vpc-id", "PrimaryVpcId"},
};

std::string group_arn(Ec2State& ec2, const GroupRow& row) {
  return api::make_arn({"ec2", row.region, ec2.account_id}, "security-group/" + row.group_id);
}

Json group_json(Ec2State& ec2, const GroupRow& row) {
  const auto rules = ec2.groups.rules(row.group_id);
  return {{"GroupId", row.group_id},
          {"GroupName", row.name},
          {"Description", row.description},
          {"OwnerId", ec2.account_id},
          {"VpcId", row.vpc_id},
          {"SecurityGroupArn", group_arn(ec2, row)},
          {"IpPermissions", permissions_json(ec2, rules, false)},
          {"IpPermissionsEgress", permissions_json(ec2, rules, true)},
          {"Tags", tags_json(ec2, row.group_id)}};
}

VpcRow vpc_of_request(Ec2State& ec2, const std::string& region, const Json& in) {
  if (in.contains("VpcId")) return ec2.vpc(region, in.at("VpcId"));
  if (auto vpc = ec2.vpcs.default_of(region)) return *vpc;
  throw AwsError("VPCIdNotSpecified", "No default VPC for this user");
}

void check_text(const std::string& text, const std::string& what) {
  static constexpr std::string_view kAllowed =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789. _-:/()#,@[]+=&;{}!$*";
  if (text.size() <= 255 && text.find_first_not_of(kAllowed) == std::string::npos) return;
  throw AwsError("InvalidParameterValue",
                 "Invalid security group " + what + ". Valid " + what +
                     "s are strings less than 256 characters from the following set:  "
                     "a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*");
}

void check_name(const std::string& name) {
  if (name.empty()) throw missing_parameter("GroupName");
  if (name == "default") {
    throw AwsError("InvalidParameterValue", "Cannot use reserved security group name: default");
  }
  if (name.starts_with("sg-")) {
    throw AwsError("InvalidParameterValue",
                   "Value (" + name +
                       ") for parameter GroupName is invalid. Group names may not be in the format "
                       "sg-*.");
  }
  check_text(name, "name");
}

// Those that a request names; empty: it names none.
std::vector<GroupRow> named_groups(Ec2State& ec2, const std::string& region, const Json& in) {
  std::vector<GroupRow> rows;
  for (const auto& id : wanted_ids(in, "GroupIds")) rows.push_back(ec2.group(region, id));
  for (const auto& name : wanted_ids(in, "GroupNames")) {
    rows.push_back(group_of_request(ec2, region, {{"GroupName", name}}));
  }
  return rows;
}

Source<GroupRow> source_of(Ec2State& ec2, const std::string& region) {
  constexpr auto kId = &GroupRow::group_id;
  return {.id = kId,
          .made_ms = &GroupRow::created_ms,
          .all = [&ec2, region](const auto& stretch) { return ec2.groups.by_id(region, stretch); },
          .indexes = {
              index_of<GroupRow>(
                  "group-id", [&ec2](const auto& id) { return ec2.groups.find(id); }, kId),
              small_index<GroupRow>(
                  "vpc-id", [&ec2](const auto& id) { return ec2.groups.of_vpc(id); }, kId),
          }};
}

}  // namespace

Json create_security_group(Ec2State& ec2, const api::RequestContext& request, const Json& in) {
  const auto name = in.value("GroupName", "");
  const auto description = in.value("Description", "");
  check_name(name);
  check_text(description, "description");
  if (description.empty()) throw missing_parameter("GroupDescription");
  const auto vpc = vpc_of_request(ec2, request.region, in);
  if (ec2.groups.count(request.region) >= ec2.quotas.groups_per_region) {
    throw AwsError("SecurityGroupLimitExceeded",
                   "The maximum number of security groups for this region has been reached.");
  }
  const auto row = create_group(ec2, {.vpc = vpc, .name = name, .description = description});
  tag_new(ec2, request.region, in, {row.group_id, "security-group"});
  return {{"GroupId", row.group_id},
          {"SecurityGroupArn", group_arn(ec2, row)},
          {"Tags", tags_json(ec2, row.group_id)}};
}

Json delete_security_group(Ec2State& ec2, const api::RequestContext& request, const Json& in) {
  const auto row = group_of_request(ec2, request.region, in);
  if (row.name == "default") {
    throw AwsError("CannotDelete", "the specified group: \"" + row.group_id +
                                       "\" name: \"default\" cannot be deleted by a user");
  }
  if (ec2.groups.in_use(row.group_id) || ec2.groups.referenced_by_other(row.group_id)) {
    throw has_dependent(row.group_id);
  }
  for (const auto& rule : ec2.groups.rules(row.group_id)) ec2.tags.erase_all(rule.rule_id);
  ec2.tags.erase_all(row.group_id);
  ec2.groups.erase(row.group_id);
  ec2.sync.group_changed(row.group_id);
  return {{"Return", true}, {"GroupId", row.group_id}};
}

Json describe_security_groups(Ec2State& ec2, const api::RequestContext& request, const Json& in) {
  const Described what{"SecurityGroups", "GroupId", {}, kGroupFilters};
  const auto json = [&](const GroupRow& row) { return group_json(ec2, row); };
  const auto named = named_groups(ec2, request.region, in);
  if (!named.empty()) return describe_rows(request, in, what, named, json);
  return describe_source(request, in, what, source_of(ec2, request.region), json);
}

// The groups that interfaces of the VPC may carry.
Json get_security_groups_for_vpc(Ec2State& ec2, const api::RequestContext& request,
                                 const Json& in) {
  const auto vpc = ec2.vpc(request.region, in.at("VpcId"));
  const auto json = [&](const GroupRow& row) -> Json {
    return {{"GroupId", row.group_id},        {"GroupName", row.name},
            {"Description", row.description}, {"OwnerId", ec2.account_id},
            {"PrimaryVpcId", row.vpc_id},     {"Tags", tags_json(ec2, row.group_id)}};
  };
  return describe_rows(request, in, {"SecurityGroupForVpcs", "GroupId", {}, kForVpcFilters},
                       ec2.groups.of_vpc(vpc.vpc_id), json);
}

}  // namespace enibox::ec2::op
