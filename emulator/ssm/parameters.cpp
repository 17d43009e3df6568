#include "emulator/ssm/parameters.hpp"

#include <algorithm>
#include <memory>
#include <set>

#include "api/wire/paging.hpp"
#include "emulator/ssm/parameter_filters.hpp"
#include "emulator/ssm/parameter_store.hpp"

namespace enibox::ssm {
namespace {

using api::RequestContext;

// Without decryption a SecureString shows as what KMS would have made of it: opaque text.
std::string shown_value(const ParameterRow& row, bool decrypted) {
  if (row.type != "SecureString" || decrypted) return row.value;
  return "kms:" + row.key_id + ":" + row.value;
}

Json value_json(const RequestContext& request, const ParameterRow& row, bool decrypted) {
  return {{"Name", row.name},
          {"Type", row.type},
          {"Value", shown_value(row, decrypted)},
          {"Version", row.version},
          {"LastModifiedDate", aws_seconds(row.modified_ms)},
          {"ARN", parameter_arn(request, row.name)},
          {"DataType", row.data_type}};
}

Json metadata_json(const RequestContext& request, const ParameterRow& row) {
  Json json = {{"Name", row.name},
               {"Type", row.type},
               {"Version", row.version},
               {"LastModifiedDate", aws_seconds(row.modified_ms)},
               {"LastModifiedUser", request.caller_arn()},
               {"ARN", parameter_arn(request, row.name)},
               {"DataType", row.data_type},
               {"Tier", row.tier},
               {"Policies", Json::array()}};
  if (!row.description.empty()) json["Description"] = row.description;
  if (!row.allowed_pattern.empty()) json["AllowedPattern"] = row.allowed_pattern;
  if (!row.key_id.empty()) json["KeyId"] = row.key_id;
  return json;
}

FoundParameter require(ParameterStore& store, const RequestContext& request,
                       const std::string& name) {
  if (auto found = store.find(request.region, name)) return *found;
  throw parameter_not_found(name);
}

Json put_parameter(ParameterStore& store, const RequestContext& request, const Json& in) {
  const auto row = store.put(request.region, in);
  return {{"Version", row.version}, {"Tier", row.tier}};
}

Json get_parameter(ParameterStore& store, const RequestContext& request, const Json& in) {
  const auto found = require(store, request, in.at("Name"));
  auto json = value_json(request, found.row, in.value("WithDecryption", false));
  if (!found.selector.empty()) json["Selector"] = found.selector;
  return {{"Parameter", std::move(json)}};
}

Json get_parameters(ParameterStore& store, const RequestContext& request, const Json& in) {
  Json found = Json::array();
  Json invalid = Json::array();
  for (const auto& name : in.at("Names").get<std::set<std::string>>()) {
    std::optional<FoundParameter> each;
    try {
      each = store.find(request.region, name);
    } catch (const AwsError&) {
      // A version that is not there is just one more name without a parameter.
    }
    if (!each) {
      invalid.push_back(name);
      continue;
    }
    found.push_back(value_json(request, each->row, in.value("WithDecryption", false)));
    if (!each->selector.empty()) found.back()["Selector"] = each->selector;
  }
  return {{"Parameters", std::move(found)}, {"InvalidParameters", std::move(invalid)}};
}

// Ten at a time unless the request says more (AWS: MaxResults' default).
Json paged(const RequestContext& request, const Json& in, std::vector<ParameterRow> rows,
           const std::function<Json(const ParameterRow&)>& show) {
  const std::size_t most = request.operation == "GetParametersByPath" ? 10 : 50;
  const auto page = api::page_of(
      request, in,
      {.most = most, .standard = 10, .size_member = "MaxResults", .token_member = "NextToken"});
  const auto next = api::take_page(page, rows, [](const auto& row) { return row.name; });
  Json items = Json::array();
  for (const auto& row : rows) items.push_back(show(row));
  Json answer = {{"Parameters", std::move(items)}};
  if (next) answer["NextToken"] = *next;
  return answer;
}

Json get_parameters_by_path(ParameterStore& store, const RequestContext& request, const Json& in) {
  const std::string path = in.at("Path");
  const auto filters = in.value("ParameterFilters", Json::array());
  check_path(path);
  check_filters(filters, FilterUse::by_path);
  auto rows = store.list(request.region, path == "/" ? "" : path);
  const bool recursive = in.value("Recursive", false);
  std::erase_if(rows, [&](const auto& row) { return !under_path(row.name, path, recursive); });
  apply_filters(store, filters, rows);
  const bool decrypted = in.value("WithDecryption", false);
  return paged(request, in, std::move(rows),
               [&](const auto& row) { return value_json(request, row, decrypted); });
}

// Filters of the older form are names with values that the beginning must match.
Json described_filters(const Json& in) {
  auto filters = in.value("ParameterFilters", Json::array());
  const auto older = in.value("Filters", Json::array());
  if (!filters.empty() && !older.empty()) {
    throw AwsError("ValidationException",
                   "You can use either Filters or ParameterFilters in a single request.");
  }
  check_filters(filters, FilterUse::describe);
  for (auto filter : older) {
    if (filter.value("Key", "") == "Name") filter["Option"] = "BeginsWith";
    filters.push_back(std::move(filter));
  }
  return filters;
}

// AWS's public parameters are found by those who name their path.
Json describe_parameters(ParameterStore& store, const RequestContext& request, const Json& in) {
  const auto filters = described_filters(in);
  std::string prefix;
  for (const auto& filter : filters) {
    const auto values = filter.value("Values", std::vector<std::string>());
    if (values.size() == 1 && values[0].starts_with("/aws/")) prefix = "/aws/";
  }
  auto rows = store.list(request.region, prefix);
  apply_filters(store, filters, rows);
  return paged(request, in, std::move(rows),
               [&](const auto& row) { return metadata_json(request, row); });
}

Json delete_parameter(ParameterStore& store, const RequestContext& request, const Json& in) {
  const std::string name = in.at("Name");
  const auto stored = store.stored_name(request.region, name);
  if (store.rows().erase(request.region, stored) == 0) throw parameter_not_found(name);
  return Json::object();
}

Json delete_parameters(ParameterStore& store, const RequestContext& request, const Json& in) {
  Json deleted = Json::array();
  Json invalid = Json::array();
  for (const std::string name : in.at("Names")) {
    const auto stored = store.stored_name(request.region, name);
    (store.rows().erase(request.region, stored) > 0 ? deleted : invalid).push_back(name);
  }
  return {{"DeletedParameters", std::move(deleted)}, {"InvalidParameters", std::move(invalid)}};
}

Json get_parameter_history(ParameterStore& store, const RequestContext& request, const Json& in) {
  const auto found = require(store, request, in.at("Name"));
  auto rows = store.rows().history(request.region, found.row.name);
  const auto page = api::page_of(
      request, in, {.most = 50, .size_member = "MaxResults", .token_member = "NextToken"});
  const auto next = api::take_page(page, rows, [](const ParameterRow& row) {
    const auto digits = std::to_string(row.version);
    return std::string(20 - digits.size(), '0') + digits;
  });
  Json items = Json::array();
  for (const auto& row : rows) {
    auto json = metadata_json(request, row);
    json.erase("ARN");
    json["Value"] = shown_value(row, in.value("WithDecryption", false));
    json["Labels"] = store.rows().labels(request.region, row.name, row.version);
    items.push_back(std::move(json));
  }
  Json answer = {{"Parameters", std::move(items)}};
  if (next) answer["NextToken"] = *next;
  return answer;
}

// The version that labels are put on or taken from: the one named, or the latest.
ParameterRow labelled_version(ParameterStore& store, const RequestContext& request,
                              const Json& in) {
  const auto latest = require(store, request, in.at("Name")).row;
  const auto version = in.value("ParameterVersion", latest.version);
  if (auto row = store.rows().version(request.region, latest.name, version)) return *row;
  throw parameter_version_not_found(latest.name, std::to_string(version));
}

// AWS: letters, digits and .-_, not beginning with a digit, "aws" or "ssm".
bool is_label(const std::string& label) {
  static constexpr std::string_view kCharacters =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
  return !label.empty() && label.find_first_not_of(kCharacters) == std::string::npos &&
         std::isdigit(static_cast<unsigned char>(label[0])) == 0 && !label.starts_with("aws") &&
         !label.starts_with("ssm");
}

Json label_parameter_version(ParameterStore& store, const RequestContext& request, const Json& in) {
  constexpr std::size_t kMostLabels = 10;
  const auto row = labelled_version(store, request, in);
  Json invalid = Json::array();
  for (const std::string label : in.at("Labels")) {
    if (is_label(label)) {
      store.rows().put_label(request.region, row.name, label, row.version);
    } else {
      invalid.push_back(label);
    }
  }
  if (store.rows().labels(request.region, row.name, row.version).size() > kMostLabels) {
    throw AwsError("ParameterVersionLabelLimitExceeded",
                   "A parameter version can have maximum 10 labels. Move one or more labels to "
                   "another version and try again.");
  }
  return {{"InvalidLabels", std::move(invalid)}, {"ParameterVersion", row.version}};
}

Json unlabel_parameter_version(ParameterStore& store, const RequestContext& request,
                               const Json& in) {
  const auto row = labelled_version(store, request, in);
  const auto labels = store.rows().labels(request.region, row.name, row.version);
  Json removed = Json::array();
  Json invalid = Json::array();
  for (const std::string label : in.at("Labels")) {
    const bool there = std::find(labels.begin(), labels.end(), label) != labels.end();
    if (there) store.rows().erase_label(request.region, row.name, label);
    (there ? removed : invalid).push_back(label);
  }
  return {{"RemovedLabels", std::move(removed)}, {"InvalidLabels", std::move(invalid)}};
}

std::string tagged_parameter(ParameterStore& store, const RequestContext& request, const Json& in) {
  const std::string type = in.at("ResourceType");
  const std::string id = in.at("ResourceId");
  if (type != "Parameter") {
    throw AwsError("InvalidResourceType", "The resource type " + type + " is not served here.");
  }
  const auto found = store.find(request.region, id);
  if (!found) throw AwsError("InvalidResourceId", "The resource ID isn't valid: " + id);
  return found->row.name;
}

Json add_tags(ParameterStore& store, const RequestContext& request, const Json& in) {
  const auto name = tagged_parameter(store, request, in);
  for (const auto& tag : in.at("Tags")) {
    store.rows().put_tag(request.region, name, tag.value("Key", ""), tag.value("Value", ""));
  }
  return Json::object();
}

Json remove_tags(ParameterStore& store, const RequestContext& request, const Json& in) {
  const auto name = tagged_parameter(store, request, in);
  for (const std::string key : in.at("TagKeys")) store.rows().erase_tag(request.region, name, key);
  return Json::object();
}

Json list_tags(ParameterStore& store, const RequestContext& request, const Json& in) {
  Json tags = Json::array();
  const auto name = tagged_parameter(store, request, in);
  for (const auto& [key, value] : store.rows().tags(request.region, name)) {
    tags.push_back({{"Key", key}, {"Value", value}});
  }
  return {{"TagList", std::move(tags)}};
}

// A running instance has an agent that is online.
Json describe_instance_information(ec2::Ec2& ec2, const Clock& clock, const RequestContext& request,
                                   const Json& in) {
  std::vector<Json> rows;
  for (const auto& instance : ec2.instances_in_state("running")) {
    if (instance.region != request.region) continue;
    const auto eni = ec2.network_interface(instance.primary_eni_id);
    rows.push_back({{"InstanceId", instance.instance_id},
                    {"PingStatus", "Online"},
                    {"LastPingDateTime", aws_seconds(clock.now_ms())},
                    {"AgentVersion", "3.3.2299.0"},
                    {"IsLatestVersion", true},
                    {"PlatformType", "Linux"},
                    {"PlatformName", "Amazon Linux"},
                    {"PlatformVersion", "2"},
                    {"ResourceType", "EC2Instance"},
                    {"IPAddress", eni.address},
                    {"ComputerName", instance.private_dns_name},
                    {"SourceId", instance.instance_id},
                    {"SourceType", "AWS::EC2::Instance"}});
  }
  auto filters = in.value("Filters", Json::array());
  for (const auto& old : in.value("InstanceInformationFilterList", Json::array())) {
    filters.push_back({{"Key", old.value("key", "")}, {"Values", old.value("valueSet", Json())}});
  }
  for (const auto& filter : filters) {
    const auto key = filter.value("Key", "");
    const auto member = key == "InstanceIds"     ? "InstanceId"
                        : key == "PlatformTypes" ? "PlatformType"
                                                 : key;
    const auto values = filter.value("Values", std::vector<std::string>());
    std::erase_if(rows, [&](const Json& row) {
      return std::find(values.begin(), values.end(), row.value(member, "")) == values.end();
    });
  }
  const api::PageRules rules{
      .most = 50, .standard = 10, .size_member = "MaxResults", .token_member = "NextToken"};
  const auto page = api::page_of(request, in, rules);
  const auto next = api::take_page(
      page, rows, [](const Json& row) { return row["InstanceId"].get<std::string>(); });
  Json answer = {{"InstanceInformationList", std::move(rows)}};
  if (next) answer["NextToken"] = *next;
  return answer;
}

using Operation = Json (*)(ParameterStore&, const RequestContext&, const Json&);

constexpr std::pair<const char*, Operation> kOperations[] = {
    {"AddTagsToResource", add_tags},
    {"DeleteParameter", delete_parameter},
    {"DeleteParameters", delete_parameters},
    {"DescribeParameters", describe_parameters},
    {"GetParameter", get_parameter},
    {"GetParameterHistory", get_parameter_history},
    {"GetParameters", get_parameters},
    {"GetParametersByPath", get_parameters_by_path},
    {"LabelParameterVersion", label_parameter_version},
    {"ListTagsForResource", list_tags},
    {"PutParameter", put_parameter},
    {"RemoveTagsFromResource", remove_tags},
    {"UnlabelParameterVersion", unlabel_parameter_version},
};

}  // namespace

std::string parameter_arn(const RequestContext& request, const std::string& name) {
  return request.arn("ssm", "parameter" + std::string(name.starts_with('/') ? "" : "/") + name);
}

api::Service make_parameter_service(store::Database& db, const Clock& clock, ec2::Ec2& ec2) {
  api::Service service{.name = "ssm", .operations = {}};
  auto parameters = std::make_shared<ParameterStore>(db, clock);
  for (const auto& [name, operation] : kOperations) {
    service.operations.emplace(name,
                               [parameters, operation = operation, &db](
                                   const RequestContext& request, const Json& in) -> api::Answer {
                                 store::Transaction transaction(db);
                                 auto output = operation(*parameters, request, in);
                                 transaction.commit();
                                 return output;
                               });
  }
  service.operations.emplace(
      "DescribeInstanceInformation",
      [&ec2, &clock](const RequestContext& request, const Json& in) -> api::Answer {
        return describe_instance_information(ec2, clock, request, in);
      });
  return service;
}

}  // namespace enibox::ssm
