#include <algorithm>
#include <set>

#include "emulator/ec2/aws_prefix_lists.hpp"
#include "emulator/ec2/describe.hpp"
#include "emulator/ec2/handlers.hpp"
#include "emulator/ec2/security_group.hpp"
#include "emulator/ec2/tags.hpp"
#include "emulator/ids.hpp"
#include "emulator/vpc/cidr.hpp"

namespace enibox::ec2::op {
namespace {

constexpr FilterField kManagedFilters[] = {
    {"owner-id", "OwnerId"},
    {"prefix-list-id", "PrefixListId"},
    {"prefix-list-name", "PrefixListName"},
};
constexpr FilterField kAwsFilters[] = {
    {"prefix-list-id", "PrefixListId"},
    {"prefix-list-name", "PrefixListName"},
};

constexpr int kMostEntries = 1000;

std::string arn_of(const std::string& region, const std::string& owner, const std::string& id) {
  return api::make_arn({"ec2", region, owner}, "prefix-list/" + id);
}

Json list_json(Ec2State& ec2, const PrefixListRow& row) {
  return {{"PrefixListId", row.prefix_list_id},
          {"AddressFamily", row.address_family},
          {"State", row.state},
          {"PrefixListArn", arn_of(row.region, ec2.account_id, row.prefix_list_id)},
          {"PrefixListName", row.name},
          {"MaxEntries", row.max_entries},
          {"Version", row.version},
          {"Tags", tags_json(ec2, row.prefix_list_id)},
          {"OwnerId", ec2.account_id}};
}

Json list_json(const std::string& region, const AwsPrefixList& list) {
  return {{"PrefixListId", list.prefix_list_id},
          {"AddressFamily", "IPv4"},
          {"State", "create-complete"},
          {"PrefixListArn", arn_of(region, "aws", list.prefix_list_id)},
          {"PrefixListName", list.name},
          {"Tags", Json::array()},
          {"OwnerId", "AWS"}};
}

// What an answer shows of a change that is done when it leaves: EC2 shows it under way.
Json under_way(Ec2State& ec2, PrefixListRow row, const char* state) {
  row.state = state;
  return {{"PrefixList", list_json(ec2, row)}};
}

// A list that the caller may change.
PrefixListRow own_list(Ec2State& ec2, const std::string& region, const Json& in) {
  const std::string id = in.at("PrefixListId");
  if (find_aws_prefix_list(region, id)) {
    throw AwsError("UnauthorizedOperation", "You are not authorized to perform this operation.",
                   403);
  }
  return ec2.prefix_list(region, id);
}

void check_name(const std::string& name) {
  if (name.empty() || name.size() > 255) {
    throw AwsError("InvalidParameterValue", "Prefix list names have between 1 and 255 characters.");
  }
  if (name.starts_with("com.amazonaws")) {
    throw AwsError("InvalidParameterValue", "Prefix list names cannot start with 'com.amazonaws'.");
  }
}

int wanted_size(const Json& in) {
  const int size = in.at("MaxEntries");
  if (size < 1 || size > kMostEntries) {
    throw invalid_value(std::to_string(size), "MaxEntries", "It must be between 1 and 1000.");
  }
  return size;
}

std::string wanted_cidr(const PrefixListRow& row, const Json& entry) {
  const std::string text = entry.value("Cidr", "");
  const auto block = vpc::Cidr::parse(text);
  if (!block || block->is_v6() != (row.address_family == "IPv6")) {
    throw invalid_value(text, "Cidr", "This is not a valid " + row.address_family + " CIDR block.");
  }
  return block->text();
}

using Entries = std::map<std::string, std::optional<std::string>>;  // CIDR to description

Entries entries_of(Ec2State& ec2, const PrefixListRow& row, std::int64_t version) {
  Entries entries;
  for (const auto& each : ec2.prefix_lists.entries(row.prefix_list_id, version)) {
    entries.emplace(each.cidr, each.description);
  }
  return entries;
}

void add_entries(const PrefixListRow& row, const Json& wanted, Entries& entries) {
  std::set<std::string> seen;
  for (const auto& each : wanted) {
    const auto cidr = wanted_cidr(row, each);
    if (!seen.insert(cidr).second) {
      throw AwsError("InvalidParameterValue", "The entry " + cidr + " is given more than once.");
    }
    std::optional<std::string> description;
    if (each.contains("Description")) description = each.at("Description");
    entries.insert_or_assign(cidr, description);  // an entry that is there gets the description
  }
}

void remove_entries(const PrefixListRow& row, const Json& wanted, Entries& entries) {
  for (const auto& each : wanted) {
    const auto cidr = wanted_cidr(row, each);
    if (entries.erase(cidr) == 0) {
      throw AwsError("InvalidParameterValue", "The entry " + cidr + " is not in the prefix list.");
    }
  }
}

void write_version(Ec2State& ec2, const PrefixListRow& row, const Entries& entries) {
  if (std::ssize(entries) > row.max_entries) {
    throw AwsError("PrefixListMaxEntriesExceeded",
                   "You've reached the maximum number of entries for the prefix list.");
  }
  for (const auto& [cidr, description] : entries) {
    ec2.prefix_lists.insert_entry({row.prefix_list_id, row.version, cidr, description});
  }
  ec2.sync.prefix_list_changed(row.prefix_list_id);
}

void check_version(const PrefixListRow& row, const Json& in) {
  if (in.at("CurrentVersion").get<std::int64_t>() == row.version) return;
  throw AwsError("PrefixListVersionMismatch", "The prefix list has the incorrect version number");
}

// What names the list counts it by its size.
void resize(Ec2State& ec2, PrefixListRow& row, int size) {
  row.max_entries = size;
  ec2.prefix_lists.update(row);
  if (size < std::ssize(ec2.prefix_lists.entries(row.prefix_list_id, row.version))) {
    throw AwsError("PrefixListMaxEntriesExceeded",
                   "You've reached the maximum number of entries for the prefix list.");
  }
  for (const auto& group_id : ec2.prefix_lists.groups_with(row.prefix_list_id)) {
    check_rule_limit(ec2, ec2.groups.rules(group_id));
  }
}

std::vector<std::string> associations_of(Ec2State& ec2, const std::string& id) {
  return ec2.prefix_lists.groups_with(id);
}

}  // namespace

Json create_managed_prefix_list(Ec2State& ec2, const api::RequestContext& request, const Json& in) {
  PrefixListRow row{.prefix_list_id = ec2_id("pl"),
                    .region = request.region,
                    .name = in.at("PrefixListName"),
                    .address_family = in.at("AddressFamily"),
                    .max_entries = wanted_size(in),
                    .state = "create-complete",
                    .client_token = {},
                    .created_ms = ec2.clock.now_ms()};
  check_name(row.name);
  if (row.address_family != "IPv4" && row.address_family != "IPv6") {
    throw invalid_value(row.address_family, "AddressFamily", "Valid values are IPv4 and IPv6.");
  }
  if (in.contains("ClientToken")) {
    row.client_token = in.at("ClientToken");
    if (const auto before = ec2.prefix_lists.find_token(row.region, *row.client_token)) {
      return {{"PrefixList", list_json(ec2, *before)}};
    }
  }
  if (std::ssize(ec2.prefix_lists.list(row.region)) >= ec2.quotas.prefix_lists_per_region) {
    throw AwsError("PrefixListLimitExceeded",
                   "The maximum number of prefix lists has been reached.");
  }
  ec2.prefix_lists.insert(row);
  Entries entries;
  add_entries(row, in.value("Entries", Json::array()), entries);
  write_version(ec2, row, entries);
  tag_new(ec2, row.region, in, {row.prefix_list_id, "prefix-list"});
  return under_way(ec2, row, "create-in-progress");
}

Json modify_managed_prefix_list(Ec2State& ec2, const api::RequestContext& request, const Json& in) {
  auto row = own_list(ec2, request.region, in);
  const auto adds = in.value("AddEntries", Json::array());
  const auto removes = in.value("RemoveEntries", Json::array());
  const bool entries_change = !adds.empty() || !removes.empty();
  if (entries_change && in.contains("MaxEntries")) {
    throw bad_combination(
        "You cannot modify the entries of a prefix list and modify the size of a prefix list at "
        "the same time.");
  }
  if (entries_change && !in.contains("CurrentVersion")) throw missing_parameter("CurrentVersion");
  if (in.contains("CurrentVersion")) check_version(row, in);
  if (in.contains("PrefixListName")) row.name = in.at("PrefixListName");
  check_name(row.name);
  row.state = "modify-complete";
  if (in.contains("MaxEntries")) resize(ec2, row, wanted_size(in));
  if (entries_change) {
    auto entries = entries_of(ec2, row, row.version);
    remove_entries(row, removes, entries);
    add_entries(row, adds, entries);
    ++row.version;
    write_version(ec2, row, entries);
  }
  ec2.prefix_lists.update(row);
  return under_way(ec2, row, "modify-in-progress");
}

Json restore_managed_prefix_list_version(Ec2State& ec2, const api::RequestContext& request,
                                         const Json& in) {
  auto row = own_list(ec2, request.region, in);
  check_version(row, in);
  const std::int64_t previous = in.at("PreviousVersion");
  if (previous < 1 || previous >= row.version) {
    throw invalid_value(std::to_string(previous), "PreviousVersion",
                        "The prefix list has no such previous version.");
  }
  ++row.version;
  row.state = "restore-complete";
  write_version(ec2, row, entries_of(ec2, row, previous));
  ec2.prefix_lists.update(row);
  return under_way(ec2, row, "restore-in-progress");
}

Json delete_managed_prefix_list(Ec2State& ec2, const api::RequestContext& request, const Json& in) {
  const auto row = own_list(ec2, request.region, in);
  if (!associations_of(ec2, row.prefix_list_id).empty()) {
    throw in_use("The prefix list '" + row.prefix_list_id +
                 "' has dependencies and cannot be deleted.");
  }
  auto answer = under_way(ec2, row, "delete-in-progress");
  ec2.tags.erase_all(row.prefix_list_id);
  ec2.prefix_lists.erase(row.prefix_list_id);
  ec2.sync.prefix_list_changed(row.prefix_list_id);
  return answer;
}

Json describe_managed_prefix_lists(Ec2State& ec2, const api::RequestContext& request,
                                   const Json& in) {
  std::vector<Json> items;
  const auto ids = wanted_ids(in, "PrefixListIds");
  for (const auto& id : ids) {
    if (const auto list = find_aws_prefix_list(request.region, id)) {
      items.push_back(list_json(request.region, *list));
    } else {
      items.push_back(list_json(ec2, ec2.prefix_list(request.region, id)));
    }
  }
  if (ids.empty()) {
    for (const auto& list : aws_prefix_lists(request.region)) {
      items.push_back(list_json(request.region, list));
    }
    for (const auto& row : ec2.prefix_lists.list(request.region)) {
      items.push_back(list_json(ec2, row));
    }
  }
  return describe(request, in, {"PrefixLists", "PrefixListId", std::move(items), kManagedFilters});
}

Json describe_prefix_lists(Ec2State&, const api::RequestContext& request, const Json& in) {
  const auto ids = wanted_ids(in, "PrefixListIds");
  for (const auto& id : ids) {
    if (!find_aws_prefix_list(request.region, id)) throw prefix_list_not_found(id);
  }
  std::vector<Json> items;
  for (const auto& list : aws_prefix_lists(request.region)) {
    if (!ids.empty() && std::find(ids.begin(), ids.end(), list.prefix_list_id) == ids.end()) {
      continue;
    }
    items.push_back({{"PrefixListId", list.prefix_list_id},
                     {"PrefixListName", list.name},
                     {"Cidrs", list.cidrs}});
  }
  return describe(request, in, {"PrefixLists", "PrefixListId", std::move(items), kAwsFilters});
}

Json get_managed_prefix_list_entries(Ec2State& ec2, const api::RequestContext& request,
                                     const Json& in) {
  const std::string id = in.at("PrefixListId");
  std::vector<Json> items;
  if (const auto list = find_aws_prefix_list(request.region, id)) {
    for (const auto& cidr : list->cidrs) items.push_back({{"Cidr", cidr}});
    return describe(request, in, {"Entries", "Cidr", std::move(items), {}});
  }
  const auto row = ec2.prefix_list(request.region, id);
  const auto version = in.value("TargetVersion", row.version);
  if (version < 1 || version > row.version) {
    throw invalid_value(std::to_string(version), "TargetVersion",
                        "The prefix list has no such version.");
  }
  for (const auto& [cidr, description] : entries_of(ec2, row, version)) {
    items.push_back({{"Cidr", cidr}});
    if (description) items.back()["Description"] = *description;
  }
  return describe(request, in, {"Entries", "Cidr", std::move(items), {}});
}

Json get_managed_prefix_list_associations(Ec2State& ec2, const api::RequestContext& request,
                                          const Json& in) {
  const auto row = own_list(ec2, request.region, in);
  std::vector<Json> items;
  for (const auto& id : associations_of(ec2, row.prefix_list_id)) {
    items.push_back({{"ResourceId", id}, {"ResourceOwner", ec2.account_id}});
  }
  return describe(request, in, {"PrefixListAssociations", "ResourceId", std::move(items), {}});
}

}  // namespace enibox::ec2::op
