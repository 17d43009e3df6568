#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// The binary message of the Session Manager data channel ("AgentMessage" on one side,
// "ClientMessage" on the other): a 120 byte header, integers big-endian, then the payload.
//
//   offset size
//        0    4  HeaderLength, 116: where PayloadLength is
//        4   32  MessageType, ASCII padded with spaces
//       36    4  SchemaVersion, 1
//       40    8  CreatedDate, Unix ms
//       48    8  SequenceNumber
//       56    8  Flags
//       64   16  MessageId, a UUID with its two halves swapped
//       80   32  PayloadDigest, SHA-256
//      112    4  PayloadType
//      116    4  PayloadLength
//      120       Payload
//
// Pure functions; any thread. Nothing here throws on foreign bytes.
namespace enibox::stream {

inline constexpr std::size_t kHeaderBytes = 120;

enum class PayloadType : std::uint32_t {
  kNone = 0,  // acknowledge and channel_closed
  kOutput = 1,
  kError = 2,
  kSize = 3,
  kParameter = 4,
  kHandshakeRequest = 5,
  kHandshakeResponse = 6,
  kHandshakeComplete = 7,
  kEncChallengeRequest = 8,
  kEncChallengeResponse = 9,
  kFlag = 10,
  kStdErr = 11,
  kExitCode = 12,
};

enum class Flag : std::uint32_t { kDisconnectToPort = 1, kTerminateSession = 2, kConnectError = 3 };

inline constexpr std::string_view kInputStreamData = "input_stream_data";
inline constexpr std::string_view kOutputStreamData = "output_stream_data";
inline constexpr std::string_view kAcknowledge = "acknowledge";
inline constexpr std::string_view kChannelClosed = "channel_closed";

using Uuid = std::array<std::uint8_t, 16>;
Uuid new_uuid();                                          // version 4
std::string uuid_text(const Uuid& id);                    // lower case, dashed
std::optional<Uuid> parse_uuid(std::string_view dashed);  // either case
Uuid swap_halves(const Uuid& id);

struct Message {
  std::string type;
  std::uint32_t schema_version = 1;
  std::uint64_t created_ms = 0;
  std::int64_t sequence = 0;
  std::uint64_t flags = 0;  // bit 0 SYN, bit 1 FIN; receivers ignore them
  Uuid id{};
  PayloadType payload_type = PayloadType::kNone;
  std::string payload;
};

std::string serialize(const Message& message);

// The plugin drops a message whose digest is wrong; the agent never looks at it, and some clients
// send nonsense there.
enum class Digest { kVerify, kIgnore };

// Empty for what both official receivers drop: short frames, HeaderLength 0 or past the end, an
// empty MessageType, CreatedDate 0. As they do, takes every byte behind HeaderLength + 4 for
// payload, whatever PayloadLength says, and strips NULs and spaces off both ends of MessageType.
std::optional<Message> parse(std::string_view frame, Digest digest);

// acknowledge: names one stream message that was taken.
struct Acknowledgement {
  std::string message_type;
  std::string message_id;  // dashed, lower case; empty when the peer sent none
  std::int64_t sequence = 0;
};
Message make_acknowledgement(const Message& taken, std::int64_t now_ms);
std::optional<Acknowledgement> parse_acknowledgement(std::string_view payload);

// channel_closed: the session is over; `output` is what the client prints, empty for its own line.
Message make_channel_closed(const std::string& session_id, const std::string& client_id,
                            const std::string& output, std::int64_t now_ms);
// Its Output; empty also when the payload is none or no JSON.
std::string parse_channel_closed(std::string_view payload);

// A Flag payload: four bytes, big-endian.
std::string flag_payload(Flag flag);
std::optional<std::uint32_t> parse_flag(std::string_view payload);

}  // namespace enibox::stream
