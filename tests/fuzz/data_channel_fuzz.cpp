#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "api/stream/agent_session.hpp"
#include "api/stream/client_session.hpp"

// Foreign bytes into everything of the data channel that reads them: the frame parser, both
// state machines and the JSON payloads.
namespace {

using namespace enibox::stream;

struct Sink final : AgentEvents, ClientEvents {
  void send(std::string) override {}
  void start(TerminalSize) override {}
  bool input(std::string_view bytes) override { return bytes.size() % 7 != 3; }
  void resize(TerminalSize) override {}
  void flag(Flag) override {}
  void window_opened() override {}
  void closed() override {}
  void begin(SessionType, const enibox::Json&) override {}
  void output(PayloadType, std::string_view) override {}
  void notice(const std::string&) override {}
  void flag(std::uint32_t) override {}
  void exit_code(int) override {}
  void closed(const std::string&) override {}
};

// What was parsed is written and read again alike.
void check_round_trip(std::string_view bytes) {
  const auto message = parse(bytes, Digest::kIgnore);
  if (!message) return;
  const auto again = parse(serialize(*message), Digest::kVerify);
  if (!again || again->payload != message->payload || again->sequence != message->sequence ||
      again->id != message->id) {
    std::abort();
  }
}

// A payload in frames that are right, so that what lies behind the parser is reached.
void feed(AgentSession& agent, ClientSession& client, std::string_view bytes) {
  std::int64_t now = 1'000'000;
  agent.attach(now, "c");
  client.attach(now);
  while (bytes.size() >= 4) {
    const auto kind = static_cast<std::uint8_t>(bytes[0]);
    const auto sequence = static_cast<std::int8_t>(bytes[1]);
    const std::size_t size = static_cast<std::uint8_t>(bytes[2]);
    now += static_cast<std::uint8_t>(bytes[3]) * 10;
    bytes.remove_prefix(4);
    Message message{.type = std::string(kind & 1 ? kInputStreamData : kOutputStreamData),
                    .created_ms = 1,
                    .sequence = sequence,
                    .id = {static_cast<std::uint8_t>(kind >> 6)},
                    .payload_type = static_cast<PayloadType>((kind >> 1) & 15),
                    .payload = std::string(bytes.substr(0, size))};
    if ((kind & 0x21) == 0x20) message.type = kind & 0x40 ? kAcknowledge : kChannelClosed;
    bytes.remove_prefix(std::min(size, bytes.size()));
    const auto frame = serialize(message);
    agent.receive(now, frame);
    client.receive(now, frame);
    if (const auto at = agent.wake_at(); at && *at <= now) agent.wake(now);
    if (const auto at = client.wake_at(); at && *at <= now) client.wake(now);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  check_round_trip(bytes);
  Sink sink;
  AgentSession agent({.session_id = "s"}, sink);
  ClientSession client({}, sink);
  agent.attach(1, "c");
  agent.receive(2, bytes);
  client.receive(2, bytes);
  feed(agent, client, bytes);
  parse_acknowledgement(bytes);
  parse_channel_closed(bytes);
  parse_handshake_request(bytes);
  parse_handshake_response(bytes);
  parse_open_data_channel(bytes);
  parse_size(bytes);
  return 0;
}
