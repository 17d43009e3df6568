#pragma once
#include <functional>
#include <string>
#include <vector>

#include "api/wire/service.hpp"
#include "emulator/tagging/tagged_resource.hpp"

namespace enibox::tagging {

// The tagged resources of one service in the request's region, in any order.
using Source = std::function<std::vector<TaggedResource>(const api::RequestContext&)>;

// The Resource Groups Tagging API as far as it reads: GetResources, GetTagKeys, GetTagValues over
// what the sources say. Loop thread only.
api::Service make_tagging_service(std::vector<Source> sources);

}  // namespace enibox::tagging
