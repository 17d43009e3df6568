#include "api/wire/base64.hpp"
#include "emulator/ec2/describe.hpp"
#include "emulator/ec2/handlers.hpp"
#include "emulator/ec2/instance.hpp"
#include "emulator/ec2/ssh_key.hpp"
#include "emulator/ec2/tags.hpp"
#include "emulator/ids.hpp"

namespace enibox::ec2 {

void check_key_pair(Ec2State& ec2, const std::string& region, const std::string& name) {
  if (!name.empty() && !ec2.key_pairs.find(region, name)) throw key_pair_not_found(name);
}

namespace op {
namespace {

constexpr FilterField kKeyFilters[] = {
    {"fingerprint", "KeyFingerprint"},
    {"key-name", "KeyName"},
    {"key-pair-id", "KeyPairId"},
};

KeyPairRow insert(Ec2State& ec2, const std::string& region, const std::string& name,
                  const SshKey& key) {
  const KeyPairRow row{ec2_id("key"),     region, name, key.fingerprint, key.type, key.public_key,
                       ec2.clock.now_ms()};
  ec2.key_pairs.insert(row);
  return row;
}

// What CreateKeyPair and ImportKeyPair say of it; without tags there is no set of them.
Json made_json(Ec2State& ec2, const KeyPairRow& row) {
  Json made = {
      {"KeyPairId", row.key_pair_id}, {"KeyName", row.name}, {"KeyFingerprint", row.fingerprint}};
  if (auto tags = tags_json(ec2, row.key_pair_id); !tags.empty()) made["Tags"] = std::move(tags);
  return made;
}

void check_name(Ec2State& ec2, const std::string& region, const std::string& name) {
  if (ec2.key_pairs.find(region, name)) {
    throw AwsError("InvalidKeyPair.Duplicate", "The keypair already exists");
  }
}

}  // namespace

Json create_key_pair(Ec2State& ec2, const api::RequestContext& request, const Json& in) {
  const std::string name = in.at("KeyName");
  check_name(ec2, request.region, name);
  const auto key = make_ssh_key(in.value("KeyType", "rsa"));
  const auto row = insert(ec2, request.region, name, key);
  tag_new(ec2, request.region, in, {row.key_pair_id, "key-pair"});
  auto made = made_json(ec2, row);
  made["KeyMaterial"] = key.private_pem;
  return made;
}

Json import_key_pair(Ec2State& ec2, const api::RequestContext& request, const Json& in) {
  const std::string name = in.at("KeyName");
  check_name(ec2, request.region, name);
  const auto text = api::base64_decode(in.at("PublicKeyMaterial").get<std::string>());
  const auto key = text ? read_ssh_key(*text) : std::nullopt;
  if (!key) throw AwsError("InvalidKey.Format", "Key is not in valid OpenSSH public key format");
  const auto row = insert(ec2, request.region, name, *key);
  tag_new(ec2, request.region, in, {row.key_pair_id, "key-pair"});
  return made_json(ec2, row);
}

// One that is not there is deleted as well.
Json delete_key_pair(Ec2State& ec2, const api::RequestContext& request, const Json& in) {
  const auto name = in.value("KeyName", "");
  const auto id = in.value("KeyPairId", "");
  if (name.empty() && id.empty()) throw missing_parameter("KeyName or KeyPairId");
  Json answer = {{"Return", true}};
  for (const auto& row : ec2.key_pairs.list(request.region)) {
    if (row.name != name && row.key_pair_id != id) continue;
    ec2.tags.erase_all(row.key_pair_id);
    ec2.key_pairs.erase(row.key_pair_id);
    answer["KeyPairId"] = row.key_pair_id;
  }
  return answer;
}

Json describe_key_pairs(Ec2State& ec2, const api::RequestContext& request, const Json& in) {
  const auto names = wanted_ids(in, "KeyNames");
  const auto ids = wanted_ids(in, "KeyPairIds");
  for (const auto& name : names) check_key_pair(ec2, request.region, name);
  for (const auto& id : ids) {
    const auto row = ec2.key_pairs.find_id(id);
    if (!row || row->region != request.region) throw key_pair_not_found(id);
  }
  std::vector<Json> items;
  for (const auto& row : ec2.key_pairs.list(request.region)) {
    const bool wanted = (names.empty() && ids.empty()) ||
                        std::find(names.begin(), names.end(), row.name) != names.end() ||
                        std::find(ids.begin(), ids.end(), row.key_pair_id) != ids.end();
    if (!wanted) continue;
    items.push_back({{"KeyPairId", row.key_pair_id},
                     {"KeyName", row.name},
                     {"KeyFingerprint", row.fingerprint},
                     {"KeyType", row.key_type},
                     {"CreateTime", aws_seconds(row.created_ms)},
                     {"Tags", tags_json(ec2, row.key_pair_id)}});
    if (in.value("IncludePublicKey", false)) items.back()["PublicKey"] = row.public_key;
  }
  return describe(request, in, {"KeyPairs", "KeyPairId", std::move(items), kKeyFilters});
}

}  // namespace op
}  // namespace enibox::ec2
