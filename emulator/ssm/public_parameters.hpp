#pragma once
#include <string>
#include <vector>

#include "emulator/ssm/parameter_rows.hpp"

// The parameters AWS publishes under /aws/service: which image is the recommended ECS-optimized
// one, and which the newest Amazon Linux. Made from the image catalogue; pure, any thread.
namespace enibox::ssm {

std::vector<ParameterRow> public_parameters(const std::string& region);

}  // namespace enibox::ssm
