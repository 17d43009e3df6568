#include "api/stream/smux.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace enibox::stream {
namespace {

constexpr char kVersion = 1;

std::uint32_t little_endian(std::string_view bytes) {
  std::uint32_t value = 0;
  for (std::size_t i = bytes.size(); i-- > 0;) {
    value = value << 8 | static_cast<unsigned char>(bytes[i]);
  }
  return value;
}

void put_little_endian(std::string& out, std::uint32_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) out += static_cast<char>(value >> (8 * i) & 0xFF);
}

}  // namespace

bool speaks_smux(std::string_view client_version) {
  constexpr std::array<int, 3> kFirst{1, 1, 70};  // amazon-ssm-agent, session/plugins/port
  std::array<int, 3> parts{};
  for (auto& part : parts) {
    const auto dot = std::min(client_version.find('.'), client_version.size());
    const auto digits = client_version.substr(0, dot);
    if (std::from_chars(digits.data(), digits.data() + dot, part).ec != std::errc()) return false;
    client_version.remove_prefix(std::min(dot + 1, client_version.size()));
  }
  return parts >= kFirst;
}

std::string serialize(const SmuxFrame& frame) {
  std::string out{kVersion, static_cast<char>(frame.command)};
  put_little_endian(out, static_cast<std::uint32_t>(frame.data.size()), 2);
  put_little_endian(out, frame.stream_id, 4);
  out += frame.data;
  return out;
}

bool SmuxReader::feed(std::string_view bytes, const std::function<void(const SmuxFrame&)>& take) {
  held_ += bytes;
  std::string_view rest = held_;
  bool readable = true;
  while (rest.size() >= kSmuxHeaderBytes) {
    const auto command = static_cast<unsigned char>(rest[1]);
    if (rest[0] != kVersion || command > static_cast<unsigned char>(SmuxCommand::kNothing)) {
      readable = false;
      break;
    }
    const auto length = little_endian(rest.substr(2, 2));
    if (rest.size() < kSmuxHeaderBytes + length) break;
    take({.command = static_cast<SmuxCommand>(command),
          .stream_id = little_endian(rest.substr(4, 4)),
          .data = rest.substr(kSmuxHeaderBytes, length)});
    rest.remove_prefix(kSmuxHeaderBytes + length);
  }
  held_.erase(0, held_.size() - rest.size());
  return readable;
}

}  // namespace enibox::stream
