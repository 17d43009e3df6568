#include "emulator/iam/aws_policies.hpp"

#include <algorithm>

#include "api/json.hpp"
#include "api/wire/arn.hpp"
#include "api/wire/scalars.hpp"
#include "embedded/aws_policies.hpp"

namespace enibox::iam {
namespace {

constexpr const char* kArnPrefix = "arn:aws:iam::aws:policy";

std::int64_t milliseconds(const std::string& time) {
  const auto seconds = api::parse_timestamp(time);
  return seconds ? static_cast<std::int64_t>(seconds->get<double>() * 1000) : 0;
}

// An id of the right form that is the same in every life; AWS's own are not published.
std::string id_of(const std::string& name) {
  static constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  std::uint64_t hash = 14695981039346656037U;  // FNV-1a, one letter a step
  std::string id = "ANPA";
  for (std::size_t i = 0; i < 17; ++i) {
    for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211U;
    id += kAlphabet[hash >> 59];
  }
  return id;
}

AwsPolicy read(const Json& fact) {
  AwsPolicy policy;
  policy.row.name = fact.at("name");
  policy.row.path = fact.at("path");
  policy.row.arn = kArnPrefix + policy.row.path + policy.row.name;
  policy.row.policy_id = id_of(policy.row.name);
  policy.row.default_version = std::stoi(fact.at("version").get<std::string>().substr(1));
  policy.row.latest_version = policy.row.default_version;
  policy.row.created_ms = milliseconds(fact.at("created"));
  policy.row.updated_ms = milliseconds(fact.at("updated"));
  policy.version = {policy.row.arn, policy.row.default_version, fact.at("document").dump(),
                    policy.row.updated_ms};
  return policy;
}

std::vector<AwsPolicy> read_all() {
  std::vector<AwsPolicy> policies;
  for (const auto& file : embedded::aws_policies()) {
    for (const auto& fact : Json::parse(file.bytes)) policies.push_back(read(fact));
  }
  return policies;
}

}  // namespace

const std::vector<AwsPolicy>& aws_policies() {
  static const std::vector<AwsPolicy> policies = read_all();
  return policies;
}

const AwsPolicy* find_aws_policy(const std::string& arn) {
  if (!is_aws_policy(arn)) return nullptr;
  const auto wanted = api::arn_without_partition(arn);
  const auto& all = aws_policies();
  const auto found = std::find_if(all.begin(), all.end(), [&](const auto& policy) {
    return api::arn_without_partition(policy.row.arn) == wanted;
  });
  return found == all.end() ? nullptr : &*found;
}

bool is_aws_policy(const std::string& arn) {
  return api::arn_without_partition(arn).starts_with("iam::aws:policy/");
}

}  // namespace enibox::iam
