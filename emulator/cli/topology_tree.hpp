#pragma once
#include <string>

#include "api/json.hpp"

namespace enibox::cli {

struct TreeOptions {
  bool everything = false;  // empty subnets and untouched default VPCs, too
};

// What GET /_enibox/topology said, as a tree of lines. Pure.
std::string topology_tree(const Json& topology, const TreeOptions& options);

}  // namespace enibox::cli
