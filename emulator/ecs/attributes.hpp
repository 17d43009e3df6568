#pragma once
#include <string>

#include "emulator/ecs/model.hpp"

// Attributes of container instances. AWS: at most 10 custom ones each; the names of ECS's own are
// reserved.
namespace enibox::ecs {

bool is_reserved_attribute(const std::string& name);

// Sets a custom attribute (an empty value: it has none). Throws InvalidParameterException for a bad
// name or value and AttributeLimitExceededException for one too many.
void put_attribute(ContainerInstance& instance, const std::string& name, const std::string& value);
void delete_attribute(ContainerInstance& instance, const std::string& name);

}  // namespace enibox::ecs
