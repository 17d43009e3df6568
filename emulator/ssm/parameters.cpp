#include "emulator/ssm/parameters.hpp"

#include <algorithm>
#include <memory>

#include "api/wire/paging.hpp"
#include "emulator/ssm/parameter_store.hpp"

namespace enibox::ssm {
namespace {

using api::RequestContext;

std::string arn_of(const RequestContext& request, const std::string& name) {
  return request.arn("ssm", "parameter" + std::string(name.starts_with('/') ? "" : "/") + name);
}

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
          {"ARN", arn_of(request, row.name)},
          {"DataType", row.data_type}};
}

Json metadata_json(const RequestContext& request, const ParameterRow& row) {
  Json json = {{"Name", row.name},
               {"Type", row.type},
               {"Version", row.version},
               {"LastModifiedDate", aws_seconds(row.modified_ms)},
               {"LastModifiedUser", request.caller_arn()},
               {"ARN", arn_of(request, row.name)},
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
  for (const std::string name : in.at("Names")) {
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

bool option_matches(const std::string& option, const std::string& wanted,
                    const std::string& value) {
  if (option == "BeginsWith") return value.starts_with(wanted);
  if (option == "Contains") return value.find(wanted) != std::string::npos;
  return value == wanted;
}

// "/a" holds "/a/b"; recursively also "/a/b/c".
bool under_path(const std::string& name, std::string path, bool recursive) {
  if (path.empty() || path.back() != '/') path += '/';
  if (!name.starts_with(path)) return path == "/" && (recursive || name.find('/') == name.npos);
  return recursive || name.find('/', path.size()) == std::string::npos;
}

bool passes(ParameterStore& store, const ParameterRow& row, const Json& filter) {
  const auto key = filter.value("Key", "");
  const auto option = filter.value("Option", key == "Path" ? "OneLevel" : "Equals");
  const auto values = filter.value("Values", std::vector<std::string>());
  std::vector<std::string> have;
  if (key == "Name") have = {row.name};
  if (key == "Type") have = {row.type};
  if (key == "KeyId") have = {row.key_id};
  if (key == "Tier") have = {row.tier};
  if (key == "DataType") have = {row.data_type};
  if (key == "Label") have = store.rows().labels(row.region, row.name, row.version);
  if (key.starts_with("tag:")) {
    for (const auto& [tag, value] : store.rows().tags(row.region, row.name)) {
      if (tag == key.substr(4)) have.push_back(value);
    }
    if (values.empty()) return !have.empty();
  }
  return std::any_of(values.begin(), values.end(), [&](const std::string& wanted) {
    if (key == "Path") return under_path(row.name, wanted, option == "Recursive");
    // A name is found with and without its first slash.
    return std::any_of(have.begin(), have.end(), [&](const std::string& value) {
      return option_matches(option, wanted, value) ||
             (key == "Name" && option_matches(option, "/" + wanted, value));
    });
  });
}

void check_filters(const Json& filters) {
  for (const auto& filter : filters) {
    const auto key = filter.value("Key", "");
    static const std::vector<std::string> kKeys{"Name", "Type",     "KeyId", "Path",
                                                "Tier", "DataType", "Label"};
    if (key.starts_with("tag:") || std::find(kKeys.begin(), kKeys.end(), key) != kKeys.end()) {
      continue;
    }
    throw AwsError("InvalidFilterKey", "The specified filter key " + key + " isn't valid.");
  }
}

std::vector<ParameterRow> filtered(ParameterStore& store, const RequestContext& request,
                                   const std::string& prefix, const Json& filters) {
  check_filters(filters);
  auto rows = store.list(request.region, prefix);
  std::erase_if(rows, [&](const ParameterRow& row) {
    return !std::all_of(filters.begin(), filters.end(),
                        [&](const Json& filter) { return passes(store, row, filter); });
  });
  return rows;
}

Json paged(const RequestContext& request, const Json& in, std::vector<ParameterRow> rows,
           const char* member, const std::function<Json(const ParameterRow&)>& show) {
  api::PageRules rules{.size_member = "MaxResults", .token_member = "NextToken"};
  rules.most =
      std::string_view(member) == "Parameters" && request.operation == "GetParametersByPath" ? 10
                                                                                             : 50;
  const auto page = api::page_of(request, in, rules);
  const auto next = api::take_page(page, rows, [](const auto& row) { return row.name; });
  Json items = Json::array();
  for (const auto& row : rows) items.push_back(show(row));
  Json answer = {{member, std::move(items)}};
  if (next) answer["NextToken"] = *next;
  return answer;
}

Json get_parameters_by_path(ParameterStore& store, const RequestContext& request, const Json& in) {
  const std::string path = in.at("Path");
  if (!path.starts_with('/')) {
    throw AwsError("ValidationException",
                   "The parameter doesn't meet the parameter name requirements. The parameter name "
                   "must begin with a forward slash \"/\".");
  }
  auto rows = filtered(store, request, path, in.value("ParameterFilters", Json::array()));
  const bool recursive = in.value("Recursive", false);
  std::erase_if(rows, [&](const auto& row) { return !under_path(row.name, path, recursive); });
  const bool decrypted = in.value("WithDecryption", false);
  return paged(request, in, std::move(rows), "Parameters",
               [&](const auto& row) { return value_json(request, row, decrypted); });
}

// Filters of the older form are names with values that the beginning must match.
Json describe_parameters(ParameterStore& store, const RequestContext& request, const Json& in) {
  auto filters = in.value("ParameterFilters", Json::array());
  for (auto filter : in.value("Filters", Json::array())) {
    if (filter.value("Key", "") == "Name") filter["Option"] = "BeginsWith";
    filters.push_back(std::move(filter));
  }
  std::string prefix;
  for (const auto& filter : filters) {
    const auto values = filter.value("Values", std::vector<std::string>());
    if (values.size() == 1 && values[0].starts_with("/aws/")) prefix = "/aws/";
  }
  return paged(request, in, filtered(store, request, prefix, filters), "Parameters",
               [&](const auto& row) { return metadata_json(request, row); });
}

Json delete_parameter(ParameterStore& store, const RequestContext& request, const Json& in) {
  const std::string name = in.at("Name");
  if (store.rows().erase(request.region, name) == 0) throw parameter_not_found(name);
  return Json::object();
}

Json delete_parameters(ParameterStore& store, const RequestContext& request, const Json& in) {
  Json deleted = Json::array();
  Json invalid = Json::array();
  for (const std::string name : in.at("Names")) {
    (store.rows().erase(request.region, name) > 0 ? deleted : invalid).push_back(name);
  }
  return {{"DeletedParameters", std::move(deleted)}, {"InvalidParameters", std::move(invalid)}};
}

Json get_parameter_history(ParameterStore& store, const RequestContext& request, const Json& in) {
  const auto found = require(store, request, in.at("Name"));
  Json items = Json::array();
  for (const auto& row : store.rows().history(request.region, found.row.name)) {
    auto json = metadata_json(request, row);
    json.erase("ARN");
    json["Value"] = shown_value(row, in.value("WithDecryption", false));
    json["Labels"] = store.rows().labels(request.region, row.name, row.version);
    items.push_back(std::move(json));
  }
  return {{"Parameters", std::move(items)}};
}

Json label_parameter_version(ParameterStore& store, const RequestContext& request, const Json& in) {
  const auto found = require(store, request, in.at("Name"));
  const auto version = in.value("ParameterVersion", found.row.version);
  if (!store.rows().version(request.region, found.row.name, version)) {
    throw AwsError("ParameterVersionNotFound",
                   "Systems Manager could not find version " + std::to_string(version) + " of " +
                       found.row.name + ". Verify the version and try again.");
  }
  Json invalid = Json::array();
  for (const std::string label : in.at("Labels")) {
    const bool bad = label.empty() || label.starts_with("aws") || label.starts_with("ssm") ||
                     std::isdigit(static_cast<unsigned char>(label[0])) != 0;
    if (bad) {
      invalid.push_back(label);
    } else {
      store.rows().put_label(request.region, found.row.name, label, version);
    }
  }
  return {{"InvalidLabels", std::move(invalid)}, {"ParameterVersion", version}};
}

Json unlabel_parameter_version(ParameterStore& store, const RequestContext& request,
                               const Json& in) {
  const auto found = require(store, request, in.at("Name"));
  Json removed = Json::array();
  Json invalid = Json::array();
  for (const std::string label : in.at("Labels")) {
    const bool went = store.rows().erase_label(request.region, found.row.name, label) > 0;
    (went ? removed : invalid).push_back(label);
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
