#include "emulator/ec2/describe.hpp"

namespace enibox::ec2 {

Json describe(const Json&, Described what) {
  return {{std::string(what.member), std::move(what.items)}};
}

Json describe_nested(const Json& in, Described what, std::string_view) {
  return describe(in, std::move(what));
}

std::vector<std::string> wanted_ids(const Json& in, std::string_view member) {
  const auto found = in.find(member);
  return found == in.end() ? std::vector<std::string>() : found->get<std::vector<std::string>>();
}

}  // namespace enibox::ec2
