#pragma once
#include "api/json.hpp"
#include "api/wire/shape.hpp"

// What every encoder does with a handler's output: walks it along its shape, and says so loudly
// when the two differ.
namespace enibox::api {

const Json& empty_object();

// Throws std::logic_error ("handler returned a string where Integer wants an integer").
void require_kind(const Shape& shape, const Json& value);
// Of an operation without an output: `value` must be null or empty. Throws std::logic_error.
void require_nothing(const Json& value);
// Throws std::logic_error ("handler returned clusterNme that Cluster lacks").
[[noreturn]] void refuse_member(const Shape& shape, const std::string& name);

// Calls `visit(member, value)` for each member `object` has, by name, except null ones. Both sides
// are sorted by name, so this is one walk without a search.
template <typename Visit>
void for_each_member(const Shape& shape, const Json& object, Visit visit) {
  auto member = shape.members.begin();
  for (const auto& [name, value] : object.get_ref<const Json::object_t&>()) {
    while (member != shape.members.end() && member->name < name) ++member;
    if (member == shape.members.end() || member->name != name) refuse_member(shape, name);
    if (!value.is_null()) visit(*member, value);
  }
}

}  // namespace enibox::api
