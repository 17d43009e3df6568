#pragma once
#include <span>
#include <string>

#include "api/json.hpp"
#include "emulator/cli/arguments.hpp"

namespace enibox::cli {

struct WhyRequest {
  Arguments arguments;
  Json question;  // for POST /_enibox/why; null with --help
};
// Throws UsageError.
WhyRequest parse_why(std::span<const std::string> words);
std::string why_help();

// What POST /_enibox/why answered, a line for each component. Pure.
std::string why_text(const Json& answer);

}  // namespace enibox::cli
