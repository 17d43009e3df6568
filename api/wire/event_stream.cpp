#include "api/wire/event_stream.hpp"

#include <zlib.h>

#include <cstdint>
#include <stdexcept>

namespace enibox::api {
namespace {

constexpr char kString = 7;  // a header value's type

template <typename Number>
void put(std::string& out, Number number) {
  for (int shift = 8 * (static_cast<int>(sizeof number) - 1); shift >= 0; shift -= 8) {
    out += static_cast<char>(number >> shift & 0xFF);
  }
}

std::uint32_t crc(std::string_view bytes) {
  return static_cast<std::uint32_t>(
      crc32(0, reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uInt>(bytes.size())));
}

std::string header_bytes(const EventHeaders& headers) {
  std::string out;
  for (const auto& [name, value] : headers) {
    if (name.size() > 255 || value.size() > 32'767) {
      throw std::logic_error("the header " + name + " of an event is too long");
    }
    put(out, static_cast<std::uint8_t>(name.size()));
    out += name;
    out += kString;
    put(out, static_cast<std::uint16_t>(value.size()));
    out += value;
  }
  return out;
}

}  // namespace

std::string event_message(const EventHeaders& headers, std::string_view payload) {
  constexpr std::size_t kFrame = 16;  // two lengths, two checksums
  const auto head = header_bytes(headers);
  std::string out;
  put(out, static_cast<std::uint32_t>(kFrame + head.size() + payload.size()));
  put(out, static_cast<std::uint32_t>(head.size()));
  put(out, crc(out));
  out.append(head).append(payload);
  put(out, crc(out));
  return out;
}

}  // namespace enibox::api
