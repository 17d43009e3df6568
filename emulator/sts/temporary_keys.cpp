#include "emulator/sts/temporary_keys.hpp"

#include "emulator/ids.hpp"

namespace enibox::sts {
namespace {

constexpr std::int64_t kKept_ms = 86'400'000;

}  // namespace

TemporaryKey TemporaryKeys::issue(std::int64_t seconds, std::string arn, std::string user_id) {
  TemporaryKey key{.access_key_id = iam_id("ASIA", 16),
                   .secret_access_key = random_token(30),
                   .session_token = random_token(120),
                   .expires_ms = clock_.now_ms() / 1000 * 1000 + seconds * 1000,
                   .arn = std::move(arn),
                   .user_id = std::move(user_id)};
  store::run_row(insert_, key);
  return key;
}

std::optional<TemporaryKey> TemporaryKeys::find(const std::string& access_key_id) {
  return store::read_one<TemporaryKey>(find_.query(access_key_id));
}

void TemporaryKeys::sweep() { erase_.run(clock_.now_ms() - kKept_ms); }

}  // namespace enibox::sts
