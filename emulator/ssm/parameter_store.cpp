#include "emulator/ssm/parameter_store.hpp"

#include <algorithm>
#include <regex>

#include "emulator/ssm/public_parameters.hpp"

namespace enibox::ssm {
namespace {

constexpr std::size_t kStandardBytes = 4096, kAdvancedBytes = 8192;
constexpr std::int64_t kVersionsKept = 100;

AwsError validation(const std::string& message) { return {"ValidationException", message}; }

bool is_public(const std::string& name) { return name.starts_with("/aws/"); }

// "arn:aws:ssm:us-east-1:111122223333:parameter/a/b" is "/a/b".
std::string plain_name(const std::string& name) {
  const auto resource = name.find(":parameter/");
  return name.starts_with("arn:") && resource != std::string::npos ? name.substr(resource + 10)
                                                                   : name;
}

void check_name(const std::string& name) {
  static const std::regex kName("[a-zA-Z0-9_.\\-/]+");
  std::string lower = name;
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  const bool is_path = name.find('/') != std::string::npos;
  if (!is_path && (lower.starts_with("aws") || lower.starts_with("ssm"))) {
    throw validation(
        "Parameter name: can't be prefixed with \"aws\" or \"ssm\" (case-insensitive).");
  }
  if (lower.starts_with("/aws") || lower.starts_with("aws")) {
    throw AwsError("AccessDeniedException", "No access to reserved parameter name: " + name + ".");
  }
  if (lower.starts_with("ssm") || lower.starts_with("/ssm")) {
    throw validation(std::string("Parameter name: can't be prefixed with \"ssm\" "
                                 "(case-insensitive). ") +
                     "If formed as a path, it can consist of sub-paths divided by slash symbol; "
                     "each sub-path can be formed as a mix of letters, numbers and the following "
                     "3 symbols .-_");
  }
  if (!std::regex_match(name, kName)) {
    throw validation(
        "Parameter name must be a fully qualified name. Only a mix of letters, "
        "numbers and the following 4 symbols .-_/ are allowed.");
  }
  if (is_path && name.front() != '/') {
    throw validation("Parameter name must be a fully qualified name.");
  }
  if (std::count(name.begin(), name.end(), '/') > 15) {
    throw AwsError("HierarchyLevelLimitExceededException",
                   "Parameter name has more than 15 levels.");
  }
}

void check_value(const ParameterRow& row) {
  if (row.value.empty()) {
    throw validation(
        "1 validation error detected: Value '' at 'value' failed to satisfy constraint: Member "
        "must "
        "have length greater than or equal to 1.");
  }
  const bool advanced = row.tier == "Advanced";
  if (row.value.size() > (advanced ? kAdvancedBytes : kStandardBytes)) {
    throw validation(
        advanced ? "Advanced tier parameters support a maximum parameter value of 8192 characters."
                 : "Standard tier parameters support a maximum parameter value of 4096 "
                   "characters. To create a larger parameter value, upgrade the parameter to use "
                   "the advanced-parameter tier. For more information, see "
                   "https://docs.aws.amazon.com/systems-manager/latest/userguide/"
                   "parameter-store-advanced-parameters.html");
  }
  if (row.allowed_pattern.empty()) return;
  try {
    if (std::regex_match(row.value, std::regex(row.allowed_pattern))) return;
  } catch (const std::regex_error&) {
    throw AwsError("InvalidAllowedPatternException",
                   "The request does not meet the regular expression requirement.");
  }
  throw AwsError(
      "ParameterPatternMismatchException",
      "Parameter value, cannot be validated against allowedPattern: " + row.allowed_pattern);
}

AwsError oldest_is_labelled(const std::string& name, std::int64_t version) {
  return {"ParameterMaxVersionLimitExceeded",
          "You attempted to create a new version of " + name +
              " by calling the PutParameter API with the overwrite flag. Version " +
              std::to_string(version) +
              ", the oldest version, can't be deleted because it has a label associated with it. "
              "Move the label to another version of the parameter, and try again."};
}

std::optional<ParameterRow> find_public(const std::string& region, const std::string& name) {
  for (auto& row : public_parameters(region)) {
    if (row.name == name) return row;
  }
  return std::nullopt;
}

}  // namespace

AwsError parameter_not_found(const std::string& name) {
  return {"ParameterNotFound", "Parameter " + name + " not found."};
}

AwsError parameter_version_not_found(const std::string& name, const std::string& version) {
  return {"ParameterVersionNotFound", "Systems Manager could not find version " + version + " of " +
                                          name + ". Verify the version and try again."};
}

ParameterRow ParameterStore::next_version(const std::string& region, const std::string& name,
                                          const Json& in) {
  const auto before = rows_.latest(region, name);
  if (before && !in.value("Overwrite", false)) {
    throw AwsError("ParameterAlreadyExists",
                   "The parameter already exists. To overwrite this value, set the overwrite "
                   "option in the request to true.");
  }
  if (!before && !in.contains("Type")) {
    throw validation("A parameter type is required when you create a parameter.");
  }
  if (before && in.contains("Type") && before->type != in.at("Type")) {
    throw AwsError("HierarchyTypeMismatchException",
                   "The type of an existing parameter cannot be changed.");
  }
  const auto data_type = in.value("DataType", "text");
  if (data_type != "text" && data_type != "aws:ec2:image" && data_type != "aws:ssm:integration") {
    throw validation("The following data type is not supported: " + data_type +
                     " (Data type names are all lowercase.)");
  }
  if (before && in.contains("Tags")) {
    throw validation(
        "Invalid request: tags and overwrite can't be used together. To create a "
        "parameter with tags, please remove overwrite flag. To update tags for an "
        "existing parameter, please use AddTagsToResource or "
        "RemoveTagsFromResource.");
  }
  ParameterRow row;
  row.region = region;
  row.name = name;
  if (before) {
    row = *before;
    ++row.version;
  }
  row.type = in.value("Type", row.type);
  row.description = in.value("Description", row.description);
  row.allowed_pattern = in.value("AllowedPattern", "");
  row.data_type = in.value("DataType", row.data_type);
  row.tier = in.value("Tier", row.tier);
  if (row.tier == "Intelligent-Tiering") row.tier = "Standard";
  row.value = in.at("Value");
  if (row.type == "SecureString") row.key_id = in.value("KeyId", "alias/aws/ssm");
  row.modified_ms = clock_.now_ms();
  return row;
}

ParameterRow ParameterStore::put(const std::string& region, const Json& in) {
  check_name(in.at("Name"));
  const auto name = stored_name(region, in.at("Name"));
  const auto row = next_version(region, name, in);
  check_value(row);
  store::Transaction transaction(db_);
  rows_.insert(row);
  for (const auto& tag : in.value("Tags", Json::array())) {
    rows_.put_tag(region, name, tag.value("Key", ""), tag.value("Value", ""));
  }
  if (const auto oldest = row.version - kVersionsKept; oldest > 0) {
    if (!rows_.labels(region, name, oldest).empty()) throw oldest_is_labelled(name, oldest);
    rows_.erase_version(region, name, oldest);
  }
  transaction.commit();
  return row;
}

std::string ParameterStore::stored_name(const std::string& region, const std::string& name) {
  if (name.find('/', 1) != std::string::npos || rows_.latest(region, name)) return name;
  const auto other = name.starts_with('/') ? name.substr(1) : "/" + name;
  return rows_.latest(region, other) ? other : name;
}

std::optional<FoundParameter> ParameterStore::find(const std::string& region,
                                                   const std::string& asked) {
  auto name = plain_name(asked);
  std::string selector;
  if (const auto colon = name.find(':'); colon != std::string::npos) {
    selector = name.substr(colon);
    name.resize(colon);
  }
  if (selector.find(':', 1) != std::string::npos) return std::nullopt;
  auto latest = rows_.latest(region, stored_name(region, name));
  if (!latest && is_public(name)) latest = find_public(region, name);
  if (!latest || selector.empty()) {
    if (!latest) return std::nullopt;
    return FoundParameter{*latest, selector};
  }
  const auto wanted = selector.substr(1);
  const bool number = !wanted.empty() && wanted.size() < 18 &&
                      std::all_of(wanted.begin(), wanted.end(),
                                  [](unsigned char c) { return std::isdigit(c) != 0; });
  const auto version = number ? std::optional<std::int64_t>(std::stoll(wanted))
                              : rows_.labelled(region, latest->name, wanted);
  const auto row = version == latest->version ? latest
                   : version                  ? rows_.version(region, latest->name, *version)
                                              : std::nullopt;
  if (row) return FoundParameter{*row, selector};
  throw parameter_version_not_found(latest->name, wanted);
}

std::vector<ParameterRow> ParameterStore::list(const std::string& region,
                                               const std::string& prefix) {
  auto rows = rows_.list(region, prefix);
  if (!is_public(prefix)) return rows;
  for (auto& row : public_parameters(region)) {
    if (row.name.starts_with(prefix)) rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace enibox::ssm
