#include "api/wire/shape.hpp"

#include <algorithm>

namespace enibox::api {

const Member* Shape::find(std::string_view member_name) const {
  auto found = std::lower_bound(
      members.begin(), members.end(), member_name,
      [](const Member& member, std::string_view wanted) { return member.name < wanted; });
  return found != members.end() && found->name == member_name ? &*found : nullptr;
}

const Member* Shape::find_by_request_name(std::string_view request_name) const {
  auto found = std::lower_bound(
      by_request_name.begin(), by_request_name.end(), request_name,
      [](const Member* member, std::string_view wanted) { return member->request_name < wanted; });
  return found != by_request_name.end() && (*found)->request_name == request_name ? *found
                                                                                  : nullptr;
}

const Shape* Operation::error(std::string_view code) const {
  for (const Shape* shape : errors) {
    if (shape->name == code || (!shape->error_code.empty() && shape->error_code == code)) {
      return shape;
    }
  }
  return nullptr;
}

}  // namespace enibox::api
