#pragma once
#include "api/http/aws_endpoint.hpp"
#include "emulator/ec2/service.hpp"
#include "emulator/ecs/ecs.hpp"

namespace enibox {

// POST /_enibox/why {"Source","Destination","Protocol","Port","VpcId"}: whether one reaches the
// other (reachability/report.hpp), with "TaskId" beside interfaces of tasks. Source and Destination
// may be a task's id or ARN, too. Port is for tcp and udp; VpcId may be missing. 400 with
// {"code","message"} for what is no question.
api::http::Response answer_why(ec2::Ec2Service& ec2, ecs::Ecs& ecs,
                               const api::http::Request& request);

}  // namespace enibox
