#pragma once
#include <span>
#include <string>
#include <vector>

#include "emulator/cli/arguments.hpp"

namespace enibox::cli {

struct InVpcRequest {
  Arguments arguments;
  std::string subnet_id, region;  // empty region: any
  std::vector<std::string> group_ids;
  std::vector<std::string> command;
};

// Throws UsageError. With --help nothing but `arguments` is set.
InVpcRequest parse_in_vpc(std::span<const std::string> words);

}  // namespace enibox::cli
