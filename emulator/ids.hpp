#pragma once
#include <string>
#include <string_view>

// Random identifiers as AWS spells them. Any thread.
namespace enibox {

std::string random_hex(int digits);   // lower case
std::string random_uuid();            // version 4, dashed
std::string random_token(int bytes);  // base64url, for secrets
// "AROA" and 17 of A-Z, 2-7: the alphabet of IAM's ids; access key ids have 16.
std::string iam_id(std::string_view prefix, int letters = 17);
inline std::string ec2_id(std::string_view prefix) {  // "eni-" + 17 hex
  return std::string(prefix) + "-" + random_hex(17);
}

}  // namespace enibox
