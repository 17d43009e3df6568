#include "emulator/ssm/parameter_filters.hpp"

#include <algorithm>
#include <set>

namespace enibox::ssm {
namespace {

using Texts = std::vector<std::string>;

// What a filter may say. AWS: the user guide's table of ParameterStringFilter.
struct FilterKind {
  const char* key;
  Texts options;
  Texts values;  // empty: any
};

const std::vector<FilterKind>& kinds() {
  static const std::vector<FilterKind> all{
      {"Path", {"Recursive", "OneLevel"}, {}},
      {"Name", {"BeginsWith", "Contains", "Equals"}, {}},
      {"Type", {"BeginsWith", "Equals"}, {"String", "StringList", "SecureString"}},
      {"KeyId", {"BeginsWith", "Equals"}, {}},
      {"Tier", {"Equals"}, {"Standard", "Advanced", "Intelligent-Tiering"}},
      {"DataType", {"BeginsWith", "Equals"}, {}},
      {"Label", {"BeginsWith", "Equals"}, {}},
  };
  return all;
}

bool is_tag(const std::string& key) { return key.starts_with("tag:"); }

bool may_use(const std::string& key, FilterUse use) {
  if (is_tag(key)) return use == FilterUse::describe;
  if (use == FilterUse::describe) return key != "Label";
  return key == "Type" || key == "KeyId" || key == "Label";
}

std::string joined(const Texts& texts) {
  std::string out;
  for (const auto& text : texts) out += (out.empty() ? "" : ", ") + text;
  return out;
}

bool contains(const Texts& texts, const std::string& text) {
  return std::find(texts.begin(), texts.end(), text) != texts.end();
}

bool has_reserved_prefix(std::string path) {
  std::transform(path.begin(), path.end(), path.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return path.starts_with("/ssm") || (path.starts_with("/aws") && !path.starts_with("/aws/"));
}

std::string option_of(const Json& filter) {
  const auto key = filter.value("Key", "");
  return filter.value("Option", key == "Path" ? "OneLevel" : "Equals");
}

void check_values(const FilterKind& kind, const Texts& values) {
  if (values.empty()) {
    throw AwsError("InvalidFilterValue",
                   "The following filter values are missing : null for filter key " +
                       std::string(kind.key) + ".");
  }
  for (const auto& value : values) {
    if (!kind.values.empty() && !contains(kind.values, value)) {
      throw AwsError("InvalidFilterOption", "The following filter value is not valid: " + value +
                                                ". Valid values include: [" + joined(kind.values) +
                                                "].");
    }
    if (std::string_view(kind.key) == "Path") check_path(value);
  }
}

void check_filter(const Json& filter, FilterUse use) {
  const auto key = filter.value("Key", "");
  if (!may_use(key, use)) {
    throw AwsError(
        "InvalidFilterKey",
        "The following filter key is not valid: " + key + ". Valid filter keys include: " +
            (use == FilterUse::describe ? "[Path, Name, Type, KeyId, Tier]." : "[Type, KeyId]."));
  }
  if (is_tag(key)) return;
  const auto kind = std::find_if(kinds().begin(), kinds().end(),
                                 [&](const FilterKind& each) { return each.key == key; });
  if (kind == kinds().end()) return;  // the model's pattern names them all
  if (!contains(kind->options, option_of(filter))) {
    const Texts shown = key == "Path" ? kind->options : Texts{"BeginsWith", "Equals"};
    throw AwsError("InvalidFilterOption",
                   "The following filter option is not valid: " + option_of(filter) +
                       ". Valid options include: [" + joined(shown) + "].");
  }
  check_values(*kind, filter.value("Values", Texts()));
}

bool option_matches(const std::string& option, const std::string& wanted,
                    const std::string& value) {
  if (option == "BeginsWith") return value.starts_with(wanted);
  if (option == "Contains") return value.find(wanted) != std::string::npos;
  return value == wanted;
}

// What a parameter has under a filter's key.
Texts values_of(ParameterStore& store, const ParameterRow& row, const std::string& key) {
  if (key == "Name") return {row.name};
  if (key == "Type") return {row.type};
  if (key == "KeyId") return {row.key_id};
  if (key == "Tier") return {row.tier};
  if (key == "DataType") return {row.data_type};
  if (key == "Label") return store.rows().labels(row.region, row.name, row.version);
  Texts found;
  for (const auto& [tag, value] : store.rows().tags(row.region, row.name)) {
    if (is_tag(key) && tag == key.substr(4)) found.push_back(value);
  }
  return found;
}

// A name is found with and without its first slash.
bool name_matches(const std::string& option, const std::string& wanted, const std::string& name) {
  const auto other = wanted.starts_with('/') ? wanted.substr(1) : "/" + wanted;
  return option_matches(option, wanted, name) || option_matches(option, other, name);
}

bool passes(ParameterStore& store, const ParameterRow& row, const Json& filter) {
  const auto key = filter.value("Key", "");
  const auto option = option_of(filter);
  const auto values = filter.value("Values", Texts());
  const auto have = values_of(store, row, key);
  if (is_tag(key) && values.empty()) return !have.empty();
  return std::any_of(values.begin(), values.end(), [&](const std::string& wanted) {
    if (key == "Path") return under_path(row.name, wanted, option == "Recursive");
    return std::any_of(have.begin(), have.end(), [&](const std::string& value) {
      return key == "Name" ? name_matches(option, wanted, value)
                           : option_matches(option, wanted, value);
    });
  });
}

}  // namespace

void check_filters(const Json& filters, FilterUse use) {
  std::set<std::string> keys;
  for (const auto& filter : filters) {
    check_filter(filter, use);
    const auto key = filter.value("Key", "");
    if (!keys.insert(key).second) {
      throw AwsError("InvalidFilterKey",
                     "The following filter is duplicated in the request: " + key +
                         ". A request can contain only one occurrence of a "
                         "specific filter.");
    }
  }
}

void apply_filters(ParameterStore& store, const Json& filters, std::vector<ParameterRow>& rows) {
  std::erase_if(rows, [&](const ParameterRow& row) {
    return !std::all_of(filters.begin(), filters.end(),
                        [&](const Json& filter) { return passes(store, row, filter); });
  });
}

void check_path(const std::string& path) {
  if (has_reserved_prefix(path)) {
    throw AwsError("ValidationException",
                   "Filters for common parameters can't be prefixed with \"aws\" or \"ssm\" "
                   "(case-insensitive). When using global parameters, please specify within a "
                   "global namespace.");
  }
  static constexpr std::string_view kCharacters =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-/";
  if (path.starts_with('/') && path.find("//") == std::string::npos &&
      path.find_first_not_of(kCharacters) == std::string::npos) {
    return;
  }
  throw AwsError(
      "ValidationException",
      "The parameter doesn't meet the parameter name requirements. The parameter name must begin "
      "with a forward slash \"/\". It can't be prefixed with \"aws\" or \"ssm\" "
      "(case-insensitive). It must use only letters, numbers, or the following symbols: . "
      "(period), - (hyphen), _ (underscore). Special characters are not allowed. All sub-paths, if "
      "specified, must use the forward slash symbol \"/\". Valid example: "
      "/get/parameters2-/by1./path0_.");
}

bool under_path(const std::string& name, std::string path, bool recursive) {
  if (path.empty() || path.back() != '/') path += '/';
  if (!name.starts_with(path)) return path == "/" && (recursive || name.find('/') == name.npos);
  return recursive || name.find('/', path.size()) == std::string::npos;
}

}  // namespace enibox::ssm
