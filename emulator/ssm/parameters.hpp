#pragma once
#include <string>

#include "api/wire/service.hpp"
#include "emulator/clock.hpp"
#include "emulator/ec2/ec2.hpp"
#include "emulator/store/database.hpp"

namespace enibox::ssm {

// "arn:aws:ssm:us-east-1:111122223333:parameter/a/b", of "/a/b" and of "a/b" alike.
std::string parameter_arn(const api::RequestContext& request, const std::string& name);

// Parameter Store, with AWS's public parameters, and DescribeInstanceInformation. Further "ssm"
// operations (sessions) come from session_operations.hpp. References outlive the service. Loop
// thread only.
api::Service make_parameter_service(store::Database& db, const Clock& clock, ec2::Ec2& ec2);

}  // namespace enibox::ssm
