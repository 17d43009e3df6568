#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

// smux version 1 (xtaci/smux), the multiplexer of port forwarding sessions: many TCP connections in
// the one byte stream of a data channel. Message borders mean nothing to it.
//
//   version 1 | command | length u16 little-endian | stream id u32 little-endian | data
//
// Pure; nothing throws on foreign bytes.
namespace enibox::stream {

enum class SmuxCommand : std::uint8_t { kOpen = 0, kClose = 1, kData = 2, kNothing = 3 };

struct SmuxFrame {
  SmuxCommand command = SmuxCommand::kNothing;
  std::uint32_t stream_id = 0;
  std::string_view data;
};

inline constexpr std::size_t kSmuxHeaderBytes = 8;
inline constexpr std::uint32_t kFirstSmuxStream = 3;  // of the client; then every second number

// Whether a client of that version multiplexes the connections of a port session ("1.2.463.0").
bool speaks_smux(std::string_view client_version);

// `data` of at most 65535 bytes; the peer's default is 32768.
std::string serialize(const SmuxFrame& frame);

// Puts frames together from the pieces they come in.
class SmuxReader {
 public:
  // Gives each frame that is whole now; its data is valid within the call. False: what came is no
  // smux 1, and nothing after it can be understood.
  bool feed(std::string_view bytes, const std::function<void(const SmuxFrame&)>& take);

 private:
  std::string held_;  // the begin of a frame, at most header and 65535 bytes
};

}  // namespace enibox::stream
