#pragma once
#include "api/wire/service.hpp"
#include "emulator/clock.hpp"
#include "emulator/ec2/ec2.hpp"
#include "emulator/store/database.hpp"

namespace enibox::ssm {

// Parameter Store, with AWS's public parameters, and DescribeInstanceInformation. Further "ssm"
// operations (sessions) come from session_operations.hpp. References outlive the service. Loop
// thread only.
api::Service make_parameter_service(store::Database& db, const Clock& clock, ec2::Ec2& ec2);

}  // namespace enibox::ssm
