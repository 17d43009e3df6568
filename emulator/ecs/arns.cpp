#include "emulator/ecs/arns.hpp"

#include <algorithm>
#include <charconv>

#include "api/error.hpp"
#include "api/wire/arn.hpp"

namespace enibox::ecs {
namespace {

std::string arn(const std::string& region, const std::string& account_id,
                const std::string& resource) {
  return api::make_arn({"ecs", region, account_id}, resource);
}

bool is_arn(const std::string& text) { return text.rfind("arn:", 0) == 0; }

// The sixth part of an ARN: "task/cluster/id".
std::string arn_resource(const std::string& arn) {
  std::size_t at = 0;
  for (int colons = 0; colons < 5; ++colons) {
    at = arn.find(':', at);
    if (at == std::string::npos) return {};
    ++at;
  }
  return arn.substr(at);
}

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_';
}

// The resource part of an ARN, checked to be of that kind.
std::string resource_of_kind(const std::string& arn, const std::string& kind) {
  const std::string resource = arn_resource(arn);
  const std::string actual = resource.substr(0, resource.find('/'));
  if (actual != kind) {
    throw AwsError("InvalidParameterException", "Invalid identifier: Identifier is for " + actual +
                                                    ". Your operation expects " + kind);
  }
  return resource;
}

}  // namespace

bool is_ecs_name(const std::string& text) {
  return !text.empty() && text.size() <= 255 && std::ranges::all_of(text, is_name_character);
}

std::string Arns::cluster(const std::string& region, const std::string& name) const {
  return arn(region, account_id, "cluster/" + name);
}
std::string Arns::task(const Task& task) const {
  return this->task(task.region, task.cluster, task.id);
}
std::string Arns::task(const std::string& region, const std::string& cluster,
                       const std::string& id) const {
  return arn(region, account_id, "task/" + cluster + "/" + id);
}
std::string Arns::container(const Task& task, const Container& container) const {
  return arn(task.region, account_id,
             "container/" + task.cluster + "/" + task.id + "/" + container.arn_id);
}
std::string Arns::task_definition(const std::string& region, const std::string& family,
                                  std::int64_t revision) const {
  return arn(region, account_id, "task-definition/" + family + ":" + std::to_string(revision));
}
std::string Arns::container_instance(const std::string& region, const std::string& cluster,
                                     const std::string& id) const {
  return arn(region, account_id, "container-instance/" + cluster + "/" + id);
}
std::string Arns::attachment(const std::string& region, const std::string& id) const {
  return arn(region, account_id, "attachment/" + id);
}

std::string Arns::capacity_provider(const std::string& region, const std::string& name) const {
  return arn(region, account_id, "capacity-provider/" + name);
}
std::string Arns::service(const std::string& region, const std::string& cluster,
                          const std::string& name) const {
  return arn(region, account_id, "service/" + cluster + "/" + name);
}

std::string cluster_name(const std::string& given) {
  if (given.empty()) return "default";
  std::string name = is_arn(given) ? resource_of_kind(given, "cluster").substr(7) : given;
  if (is_arn(given) && !name.empty()) name.erase(0, 1);  // the slash
  if (!is_ecs_name(name)) {
    throw AwsError("InvalidParameterException", "Invalid cluster identifier: " + given);
  }
  return name;
}

std::string resource_id(const std::string& kind, const std::string& given) {
  std::string id = given;
  if (is_arn(given)) {
    const std::string resource = resource_of_kind(given, kind);
    id = resource.substr(resource.rfind('/') + 1);
  } else if (given.find('/') != std::string::npos || given.find(':') != std::string::npos) {
    throw AwsError("InvalidParameterException",
                   "Invalid identifier: Unexpected number of separators");
  }
  if (id.size() != 32 && id.size() != 36) {
    throw AwsError("InvalidParameterException",
                   "Invalid identifier: " + kind + " length should be one of [32,36]");
  }
  return id;
}

TaskDefinitionName task_definition_name(const std::string& given) {
  std::string name = given;
  if (is_arn(given)) {
    const std::string resource = arn_resource(given);
    if (resource.rfind("task-definition/", 0) != 0) {
      throw AwsError("ClientException", "Invalid arn: " + given);
    }
    name = resource.substr(16);
  }
  TaskDefinitionName parsed;
  const auto colon = name.find(':');
  parsed.family = name.substr(0, colon);
  if (!is_ecs_name(parsed.family)) {
    throw AwsError("InvalidParameterException", "Invalid family name: " + given);
  }
  if (colon == std::string::npos) return parsed;
  const std::string number = name.substr(colon + 1);
  const auto [end, error] =
      std::from_chars(number.data(), number.data() + number.size(), parsed.revision);
  if (error != std::errc() || end != number.data() + number.size() || parsed.revision < 1) {
    throw AwsError("InvalidParameterException", "Invalid revision number. Number: " + number);
  }
  return parsed;
}

}  // namespace enibox::ecs
