#include "emulator/sts/service.hpp"

#include "emulator/ids.hpp"

namespace enibox::sts {
namespace {

// "ASIA" and 16 of A-Z, 2-7: the alphabet of AWS's key ids.
std::string random_id(const char* prefix) {
  static constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  std::string id = prefix;
  const auto digits = random_hex(32);
  for (std::size_t i = 0; i < digits.size(); i += 2) {
    id += kAlphabet[static_cast<std::size_t>(std::stoi(digits.substr(i, 2), nullptr, 16)) % 32];
  }
  return id;
}

Json credentials(const Clock& clock, std::int64_t seconds) {
  return {{"AccessKeyId", random_id("ASIA")},
          {"SecretAccessKey", random_token(30)},
          {"SessionToken", random_token(120)},
          {"Expiration", aws_seconds(clock.now_ms() / 1000 * 1000 + seconds * 1000)}};
}

Json get_caller_identity(const api::RequestContext& request) {
  return {{"UserId", request.account_id},
          {"Account", request.account_id},
          {"Arn", request.caller_arn()}};
}

// "arn:aws:iam::111122223333:role/path/name" to
// "arn:aws:sts::111122223333:assumed-role/name/session"
Json assume_role(const Clock& clock, const Json& in) {
  const std::string role_arn = in.at("RoleArn");
  const std::string session = in.at("RoleSessionName");
  const auto role = role_arn.find(":role/");
  if (!role_arn.starts_with("arn:aws:iam::") || role == std::string::npos) {
    throw AwsError("ValidationError", role_arn + " is invalid");
  }
  const auto account = role_arn.substr(13, role - 13);
  const auto name = role_arn.substr(role_arn.rfind('/') + 1);
  return {{"Credentials", credentials(clock, in.value("DurationSeconds", 3600))},
          {"AssumedRoleUser",
           {{"AssumedRoleId", random_id("AROA") + ":" + session},
            {"Arn", "arn:aws:sts::" + account + ":assumed-role/" + name + "/" + session}}},
          {"PackedPolicySize", in.contains("Policy") ? 6 : 0}};
}

}  // namespace

api::Service make_sts_service(const Clock& clock) {
  return {
      .name = "sts",
      .operations = {
          {"GetCallerIdentity",
           [](const api::RequestContext& request, const Json&) -> api::Answer {
             return get_caller_identity(request);
           }},
          {"AssumeRole",
           [&clock](const api::RequestContext&, const Json& in) -> api::Answer {
             return assume_role(clock, in);
           }},
          {"GetSessionToken", [&clock](const api::RequestContext&, const Json& in) -> api::Answer {
             return Json{{"Credentials", credentials(clock, in.value("DurationSeconds", 43200))}};
           }}}};
}

}  // namespace enibox::sts
