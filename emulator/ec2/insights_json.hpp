#pragma once
#include "api/wire/service.hpp"
#include "emulator/ec2/state.hpp"
#include "emulator/reachability/way.hpp"

// An evaluation in the shapes of Reachability Analyzer. Loop thread only.
namespace enibox::ec2 {

// [PathComponent], up to the first that refuses.
Json path_components_json(Ec2State& ec2, const api::RequestContext& request,
                          const reachability::Way& way);
// [Explanation]: each that refuses.
Json explanations_json(Ec2State& ec2, const api::RequestContext& request,
                       const reachability::Way& way);

// The ARN of a resource, by its id.
std::string resource_arn(const api::RequestContext& request, const std::string& resource_id);

}  // namespace enibox::ec2
