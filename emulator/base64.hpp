#pragma once
#include <optional>
#include <string>
#include <string_view>

// RFC 4648 base64, with padding. Any thread.
namespace enibox {

std::string base64_encode(std::string_view bytes);
// Nothing when the text is not base64. Line ends and missing padding are let pass, as AWS does.
std::optional<std::string> base64_decode(std::string_view text);

}  // namespace enibox
