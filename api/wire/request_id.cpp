#include "api/wire/request_id.hpp"

#include <cstdint>
#include <random>

namespace enibox::api {

std::string new_request_id() {
  thread_local std::mt19937_64 engine = [] {
    std::random_device device;
    std::seed_seq seed{device(), device(), device(), device()};
    return std::mt19937_64(seed);
  }();
  constexpr char digits[] = "0123456789abcdef";
  constexpr std::uint64_t version_mask = 0xF000, version_4 = 0x4000;
  constexpr std::uint64_t variant_mask = 0xC000000000000000, variant = 0x8000000000000000;
  const std::uint64_t high = (engine() & ~version_mask) | version_4;
  const std::uint64_t low = (engine() & ~variant_mask) | variant;
  std::string out;
  out.reserve(36);
  for (int i = 0; i < 32; ++i) {
    if (i == 8 || i == 12 || i == 16 || i == 20) out += '-';
    out += digits[((i < 16 ? high : low) >> (60 - 4 * (i % 16))) & 15];
  }
  return out;
}

}  // namespace enibox::api
