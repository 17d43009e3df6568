#include "emulator/sts/service.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "emulator/ids.hpp"

namespace enibox::sts {
namespace {

struct Sts {
  TemporaryKeys& keys;
  iam::Iam& iam;
};

struct Identity {
  std::string user_id, arn;
};

// "111122223333" of "arn:aws:sts::111122223333:assumed-role/...".
// Of "arn:aws:sts::111122223333:...".
std::string account_of(const std::string& arn) { return arn.substr(arn.find("::") + 2, 12); }

// Throws ExpiredToken for credentials of ours whose time is over.
Identity caller(const Sts& sts, const api::RequestContext& request) {
  const auto key = sts.keys.find(request.access_key_id);
  if (!key) return {request.account_id, request.caller_arn()};
  if (key->expires_ms < sts.iam.clock.now_ms()) {
    throw AwsError("ExpiredToken", "The security token included in the request is expired", 403);
  }
  return {key->user_id, key->arn};
}

Json hand_out(const Sts& sts, const Identity& identity, std::int64_t seconds) {
  const auto key = sts.keys.issue(seconds, identity.arn, identity.user_id);
  return {{"AccessKeyId", key.access_key_id},
          {"SecretAccessKey", key.secret_access_key},
          {"SessionToken", key.session_token},
          {"Expiration", aws_seconds(key.expires_ms)}};
}

Json get_caller_identity(const Sts& sts, const api::RequestContext& request, const Json&) {
  const auto identity = caller(sts, request);
  return {
      {"UserId", identity.user_id}, {"Account", account_of(identity.arn)}, {"Arn", identity.arn}};
}

struct RoleName {
  std::string account_id, name;
};

// Of "arn:aws:iam::111122223333:role/path/name".
RoleName role_of(const std::string& arn) {
  const std::string rest(api::arn_without_partition(arn));
  if (!rest.starts_with("iam::") || rest.find(":role/") != 17) {
    throw AwsError("ValidationError", arn + " is invalid");
  }
  return {rest.substr(5, 12), arn.substr(arn.rfind('/') + 1)};
}

Json assume_role(const Sts& sts, const api::RequestContext& request, const Json& in) {
  const auto wanted = role_of(in.at("RoleArn"));
  const std::string session = in.at("RoleSessionName");
  const auto seconds = in.value("DurationSeconds", std::int64_t{3600});
  const auto role =
      wanted.account_id == request.account_id ? sts.iam.rows.role(wanted.name) : std::nullopt;
  if (role && seconds > role->max_session_s) {
    throw AwsError("ValidationError",
                   "The requested DurationSeconds exceeds the MaxSessionDuration set for this "
                   "role.");
  }
  const Identity identity{
      .user_id = (role ? role->role_id : iam_id("AROA")) + ":" + session,
      .arn = api::make_global_arn({"sts", request.region, wanted.account_id},
                                  "assumed-role/" + wanted.name + "/" + session)};
  Json answer = {{"Credentials", hand_out(sts, identity, seconds)},
                 {"AssumedRoleUser", {{"AssumedRoleId", identity.user_id}, {"Arn", identity.arn}}}};
  if (in.contains("Policy") || in.contains("PolicyArns")) {
    const auto packed = in.value("Policy", "").size() * 100 / 2048;
    answer["PackedPolicySize"] = std::max<std::size_t>(packed, 1);
  }
  if (in.contains("SourceIdentity")) answer["SourceIdentity"] = in.at("SourceIdentity");
  return answer;
}

Json get_session_token(const Sts& sts, const api::RequestContext& request, const Json& in) {
  const auto seconds = in.value("DurationSeconds", std::int64_t{43'200});
  return {{"Credentials", hand_out(sts, caller(sts, request), seconds)}};
}

Json get_federation_token(const Sts& sts, const api::RequestContext& request, const Json& in) {
  const std::string name = in.at("Name");
  const Identity identity{.user_id = request.account_id + ":" + name,
                          .arn = api::make_global_arn({"sts", request.region, request.account_id},
                                                      "federated-user/" + name)};
  const auto seconds = in.value("DurationSeconds", std::int64_t{43'200});
  return {{"Credentials", hand_out(sts, identity, seconds)},
          {"FederatedUser", {{"FederatedUserId", identity.user_id}, {"Arn", identity.arn}}}};
}

// There is one account: every key is its own, but for those of other accounts' roles.
Json get_access_key_info(const Sts& sts, const api::RequestContext& request, const Json& in) {
  const auto key = sts.keys.find(in.at("AccessKeyId"));
  return {{"Account", key ? account_of(key->arn) : request.account_id}};
}

using Operation = Json (*)(const Sts&, const api::RequestContext&, const Json&);
constexpr std::pair<const char*, Operation> kOperations[] = {
    {"AssumeRole", assume_role},
    {"GetAccessKeyInfo", get_access_key_info},
    {"GetCallerIdentity", get_caller_identity},
    {"GetFederationToken", get_federation_token},
    {"GetSessionToken", get_session_token},
};

}  // namespace

api::Service make_sts_service(TemporaryKeys& keys, iam::Iam& iam) {
  api::Service service{.name = "sts", .operations = {}};
  for (const auto& [name, operation] : kOperations) {
    service.operations.emplace(
        name,
        [sts = Sts{keys, iam}, operation = operation](const api::RequestContext& request,
                                                      const Json& in) -> api::Answer {
          return operation(sts, request, in);
        });
  }
  return service;
}

}  // namespace enibox::sts
