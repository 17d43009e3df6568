#pragma once
#include <optional>
#include <string>
#include <string_view>

// Base64 with the standard alphabet and padding (RFC 4648, 4): how blobs are written in our Json.
namespace enibox::api {

std::string base64_encode(std::string_view bytes);
// nullopt for anything that is not exactly that.
std::optional<std::string> base64_decode(std::string_view text);
// The same of text that people made (EC2's UserData is no blob): line ends and missing padding are
// let pass, as AWS does.
std::optional<std::string> base64_decode_loose(std::string_view text);
bool is_base64(std::string_view text);

}  // namespace enibox::api
