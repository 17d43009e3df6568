#pragma once
#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "api/error.hpp"
#include "emulator/ecs/task_definitions.hpp"

// What the rules for task definitions share. Not for other files.
namespace enibox::ecs::rules {

[[noreturn]] inline void refuse(const std::string& message) {
  throw AwsError("ClientException", message);
}

// Whether a member is there and says something.
inline bool has(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && !found->is_null() &&
         !((found->is_array() || found->is_object()) && found->empty()) &&
         !(found->is_string() && found->get_ref<const std::string&>().empty());
}

inline std::string text(const Json& object, const char* key) {
  return has(object, key) ? object.at(key).get<std::string>() : std::string();
}

inline std::int64_t number(const Json& object, const char* key) {
  return has(object, key) ? object.at(key).get<std::int64_t>() : 0;
}

inline bool contains(const Json& list, const std::string& value) {
  return list.is_array() && std::ranges::find(list, Json(value)) != list.end();
}

// Task CPU units to the MiB that go with them on Fargate.
const std::map<std::int64_t, std::vector<std::int64_t>>& fargate_sizes();

// What Fargate adds to the rules, for a definition that requires it.
void check_fargate(const std::string& mode, const Json& input);
// What containers and volumes refer to: each other, log drivers, secrets, dependencies.
void check_references(const std::string& mode, const Json& input);
// The parts of one container that have limits of their own.
void check_container(const Json& container);

}  // namespace enibox::ecs::rules
