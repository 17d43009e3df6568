#pragma once
#include <string>
#include <vector>

#include "api/json.hpp"
#include "api/wire/dispatch.hpp"

// The table of what is served, for GET /_enibox/coverage and for docs/operations.md.
namespace enibox::api {

// {"ecs": {"served": ["RunTask"], "not_served": [...]}}: both lists always there, sorted.
Json coverage_json(const std::vector<Coverage>& table);

// A page: a line of sums for each service, then its operations.
std::string coverage_markdown(const std::vector<Coverage>& table);

}  // namespace enibox::api
