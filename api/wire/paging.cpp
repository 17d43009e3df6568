#include "api/wire/paging.hpp"

#include <cstdint>

#include "api/error.hpp"
#include "api/wire/base64.hpp"

namespace enibox::api {

namespace {

// Ties a token to what it was made for. Not a secret: a forged one reads a list from another place.
std::string checksum(std::string_view scope, std::string_view key) {
  std::uint64_t hash = 14695981039346656037U;  // FNV-1a
  const auto add = [&](std::string_view text) {
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211U;
  };
  add(scope);
  add(key);
  std::string out;
  for (int i = 0; i < 8; ++i) out += static_cast<char>(hash >> (8 * i) & 0xFF);
  return out;
}

[[noreturn]] void refuse_token(const RequestContext& context, const std::string& token) {
  const std::string& service = context.service;
  if (service == "ec2") {
    throw AwsError("InvalidParameterValue", "Value ( " + token +
                                                " ) for parameter NextToken is invalid. The token "
                                                "is invalid.");
  }
  if (service == "ssm") throw AwsError("InvalidNextToken", "The specified token is not valid.");
  if (service == "logs") {
    throw AwsError("InvalidParameterException", "The specified nextToken is invalid.");
  }
  if (service == "cloudwatch") {
    const bool data = context.operation == "GetMetricData";
    throw AwsError(data ? "InvalidNextToken" : "InvalidParameterValue",
                   "The value " + token + " for parameter NextToken is invalid.");
  }
  if (service == "iam") throw AwsError("ValidationError", "Invalid Marker.");
  throw AwsError("InvalidParameterException", "Invalid token.");
}

[[noreturn]] void refuse_size(const RequestContext& context, std::int64_t size, bool too_small,
                              std::size_t most) {
  const std::string limit = std::to_string(too_small ? 1 : most);
  if (context.service == "ec2") {
    throw AwsError("InvalidParameterValue", "Value ( " + std::to_string(size) +
                                                " ) for parameter maxResults is invalid. Expecting "
                                                "a value " +
                                                (too_small ? "greater than " : "less than ") +
                                                limit + ".");
  }
  const char* code = context.service == "ecs" || context.service == "logs"
                         ? "InvalidParameterException"
                         : "ValidationException";
  throw AwsError(code,
                 "1 validation error detected: Value '" + std::to_string(size) +
                     "' at 'maxResults' failed to satisfy constraint: Member must have value " +
                     (too_small ? "greater" : "less") + " than or equal to " + limit);
}

}  // namespace

Page page_of(const RequestContext& context, const Json& input, const PageRules& rules) {
  Page page;
  page.scope = context.service + "/" + context.operation + "/" + context.region;
  page.descending = rules.descending;
  page.limit = rules.standard == 0 ? rules.most : rules.standard;
  if (const auto size = input.find(rules.size_member); size != input.end()) {
    const auto wanted = size->get<std::int64_t>();
    if (wanted < 1) refuse_size(context, wanted, true, rules.most);
    if (wanted > static_cast<std::int64_t>(rules.most)) {
      refuse_size(context, wanted, false, rules.most);
    }
    page.limit = static_cast<std::size_t>(wanted);
  }
  const auto token = input.find(rules.token_member);
  if (token == input.end()) return page;
  const auto& text = token->get_ref<const std::string&>();
  const auto decoded = base64_decode(text);
  if (!decoded || decoded->size() <= 8) refuse_token(context, text);
  page.after = decoded->substr(8);
  if (decoded->substr(0, 8) != checksum(page.scope, page.after)) refuse_token(context, text);
  return page;
}

std::string page_key(std::int64_t number) {
  const std::string digits = std::to_string(number);
  return std::string(20 - digits.size(), '0') + digits;
}

std::string page_token(const Page& page, std::string_view key) {
  return base64_encode(checksum(page.scope, key) + std::string(key));
}

}  // namespace enibox::api
