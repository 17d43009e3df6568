#include "api/stream/message.hpp"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>
#include <cctype>
#include <cstring>
#include <ctime>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace enibox::stream {
namespace {

using nlohmann::ordered_json;

constexpr std::size_t kTypeOffset = 4, kTypeBytes = 32, kSchemaOffset = 36, kCreatedOffset = 40,
                      kSequenceOffset = 48, kFlagsOffset = 56, kIdOffset = 64, kDigestOffset = 80,
                      kDigestBytes = 32, kPayloadTypeOffset = 112, kPayloadLengthOffset = 116;
constexpr std::uint32_t kHeaderLength = 116;

template <typename T>
void put(std::string& frame, std::size_t offset, T value) {
  for (std::size_t i = 0; i < sizeof(T); ++i) {
    frame[offset + i] = static_cast<char>((value >> (8 * (sizeof(T) - 1 - i))) & 0xff);
  }
}

template <typename T>
T get(std::string_view frame, std::size_t offset) {
  T value = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i) {
    value = static_cast<T>((value << 8) | static_cast<std::uint8_t>(frame[offset + i]));
  }
  return value;
}

std::array<std::uint8_t, kDigestBytes> sha256(std::string_view bytes) {
  std::array<std::uint8_t, kDigestBytes> digest{};
  if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), nullptr, EVP_sha256(), nullptr) != 1) {
    throw std::runtime_error("SHA-256 failed");
  }
  return digest;
}

std::string_view strip(std::string_view text) {
  constexpr std::string_view kPadding("\0 ", 2);
  const auto first = text.find_first_not_of(kPadding);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kPadding) - first + 1);
}

// Client texts may hold any bytes; JSON may not.
std::string to_json_text(const ordered_json& json) {
  return json.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

ordered_json parse_object(std::string_view text) {
  auto json = ordered_json::parse(text, nullptr, false);
  return json.is_object() ? json : ordered_json::object();
}

std::string text_of(const ordered_json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::string iso_time(std::int64_t unix_ms) {
  const std::time_t seconds = static_cast<std::time_t>(unix_ms / 1000);
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  char date[32];
  std::strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &utc);
  const std::string milliseconds = std::to_string(1000 + unix_ms % 1000).substr(1);
  return std::string(date) + "." + milliseconds + "Z";
}

}  // namespace

Uuid new_uuid() {
  Uuid id{};
  if (RAND_bytes(id.data(), static_cast<int>(id.size())) != 1) {
    throw std::runtime_error("no random bytes");
  }
  id[6] = static_cast<std::uint8_t>((id[6] & 0x0f) | 0x40);
  id[8] = static_cast<std::uint8_t>((id[8] & 0x3f) | 0x80);
  return id;
}

std::string uuid_text(const Uuid& id) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string text;
  text.reserve(36);
  for (std::size_t i = 0; i < id.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += kHex[id[i] >> 4];
    text += kHex[id[i] & 0xf];
  }
  return text;
}

std::optional<Uuid> parse_uuid(std::string_view dashed) {
  if (dashed.size() != 36) return std::nullopt;
  Uuid id{};
  std::size_t digits = 0;
  for (std::size_t i = 0; i < dashed.size(); ++i) {
    const bool dash_here = i == 8 || i == 13 || i == 18 || i == 23;
    const auto c = static_cast<unsigned char>(dashed[i]);
    if (dash_here != (c == '-') || (!dash_here && !std::isxdigit(c))) return std::nullopt;
    if (dash_here) continue;
    const int value = std::isdigit(c) ? c - '0' : std::tolower(c) - 'a' + 10;
    id[digits / 2] = static_cast<std::uint8_t>((id[digits / 2] << 4) | value);
    ++digits;
  }
  return id;
}

Uuid swap_halves(const Uuid& id) {
  Uuid swapped{};
  std::copy(id.begin() + 8, id.end(), swapped.begin());
  std::copy(id.begin(), id.begin() + 8, swapped.begin() + 8);
  return swapped;
}

std::string serialize(const Message& message) {
  std::string frame(kHeaderBytes, '\0');
  put<std::uint32_t>(frame, 0, kHeaderLength);
  std::memset(frame.data() + kTypeOffset, ' ', kTypeBytes);
  std::memcpy(frame.data() + kTypeOffset, message.type.data(),
              std::min(message.type.size(), kTypeBytes));
  put(frame, kSchemaOffset, message.schema_version);
  put(frame, kCreatedOffset, message.created_ms);
  put(frame, kSequenceOffset, static_cast<std::uint64_t>(message.sequence));
  put(frame, kFlagsOffset, message.flags);
  const Uuid wire_id = swap_halves(message.id);
  std::memcpy(frame.data() + kIdOffset, wire_id.data(), wire_id.size());
  const auto digest = sha256(message.payload);
  std::memcpy(frame.data() + kDigestOffset, digest.data(), digest.size());
  put(frame, kPayloadTypeOffset, static_cast<std::uint32_t>(message.payload_type));
  put(frame, kPayloadLengthOffset, static_cast<std::uint32_t>(message.payload.size()));
  frame += message.payload;
  return frame;
}

std::optional<Message> parse(std::string_view frame, Digest digest) {
  if (frame.size() < kHeaderBytes) return std::nullopt;
  const std::size_t header_length = get<std::uint32_t>(frame, 0);
  if (header_length == 0 || header_length + 4 > frame.size()) return std::nullopt;

  Message message;
  message.type = strip(frame.substr(kTypeOffset, kTypeBytes));
  message.schema_version = get<std::uint32_t>(frame, kSchemaOffset);
  message.created_ms = get<std::uint64_t>(frame, kCreatedOffset);
  message.sequence = static_cast<std::int64_t>(get<std::uint64_t>(frame, kSequenceOffset));
  message.flags = get<std::uint64_t>(frame, kFlagsOffset);
  Uuid wire_id{};
  std::memcpy(wire_id.data(), frame.data() + kIdOffset, wire_id.size());
  message.id = swap_halves(wire_id);
  message.payload_type = static_cast<PayloadType>(get<std::uint32_t>(frame, kPayloadTypeOffset));
  message.payload = frame.substr(header_length + 4);

  if (message.type.empty() || message.created_ms == 0) return std::nullopt;
  const bool has_payload = get<std::uint32_t>(frame, kPayloadLengthOffset) != 0;
  if (digest == Digest::kVerify && has_payload) {
    const auto expected = sha256(message.payload);
    if (std::memcmp(expected.data(), frame.data() + kDigestOffset, kDigestBytes) != 0) {
      return std::nullopt;
    }
  }
  return message;
}

Message make_acknowledgement(const Message& taken, std::int64_t now_ms) {
  const ordered_json body = {{"AcknowledgedMessageType", taken.type},
                             {"AcknowledgedMessageId", uuid_text(taken.id)},
                             {"AcknowledgedMessageSequenceNumber", taken.sequence},
                             {"IsSequentialMessage", true}};
  return {.type = std::string(kAcknowledge),
          .created_ms = static_cast<std::uint64_t>(now_ms),
          .flags = 3,
          .id = new_uuid(),
          .payload = to_json_text(body)};
}

std::optional<Acknowledgement> parse_acknowledgement(std::string_view payload) {
  const auto body = parse_object(payload);
  const auto sequence = body.find("AcknowledgedMessageSequenceNumber");
  if (sequence == body.end() || !sequence->is_number_integer()) return std::nullopt;
  return Acknowledgement{text_of(body, "AcknowledgedMessageType"),
                         text_of(body, "AcknowledgedMessageId"), sequence->get<std::int64_t>()};
}

Message make_channel_closed(const std::string& session_id, const std::string& client_id,
                            const std::string& output, std::int64_t now_ms) {
  const Uuid id = new_uuid();
  const ordered_json body = {{"MessageId", uuid_text(id)},
                             {"CreatedDate", iso_time(now_ms)},
                             {"DestinationId", client_id},
                             {"SessionId", session_id},
                             {"MessageType", kChannelClosed},
                             {"SchemaVersion", 1},
                             {"Output", output}};
  return {.type = std::string(kChannelClosed),
          .created_ms = static_cast<std::uint64_t>(now_ms),
          .flags = 3,
          .id = id,
          .payload = to_json_text(body)};
}

std::string parse_channel_closed(std::string_view payload) {
  return text_of(parse_object(payload), "Output");
}

std::string flag_payload(Flag flag) {
  std::string payload(4, '\0');
  put(payload, 0, static_cast<std::uint32_t>(flag));
  return payload;
}

std::optional<std::uint32_t> parse_flag(std::string_view payload) {
  if (payload.size() != 4) return std::nullopt;
  return get<std::uint32_t>(payload, 0);
}

}  // namespace enibox::stream
