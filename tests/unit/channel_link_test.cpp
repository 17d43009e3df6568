#include <gtest/gtest.h>

#include <queue>
#include <random>

#include "api/stream/agent_session.hpp"
#include "api/stream/client_session.hpp"

// Both ends of a data channel over a line that loses, doubles and reorders frames, in simulated
// time. The line is worse than any WebSocket: what passes here does not depend on TCP.
using namespace enibox::stream;

namespace {

struct Faults {
  double loss = 0, copies = 0;
  std::int64_t max_delay_ms = 5;
  double cuts = 0;  // for each frame: the connection breaks here
};

class Line : public AgentEvents, public ClientEvents {
 public:
  Line(unsigned seed, Faults faults) : random_(seed), faults_(faults) {}

  void connect() {
    ++connection_;
    client.attach(now);
    agent.attach(now, "client");
  }
  void cut() {
    client.detach(now);
    agent.detach(now);
    ++connection_;  // what is under way gets lost
    down_until_ = now + 300;
  }

  // Lets time pass until `done` or until the deadline (simulated).
  template <typename Done>
  bool run(Done done, std::int64_t limit_ms = 3'600'000) {
    const std::int64_t until = now + limit_ms;
    for (long steps = 0; steps < 20'000'000 && now < until; ++steps) {
      if (done()) return true;
      step(until);
    }
    return done();
  }

  // The far process: reads input, gives output.
  std::string produce;  // what it will write
  std::size_t produced = 0;
  std::string agent_got, client_got;
  std::string type;  // what the user will type
  std::size_t typed = 0;
  std::string closed_text;
  bool client_closed = false, agent_closed = false, started = false, finish_after_output = false;
  int cuts = 0;
  std::int64_t now = 1'700'000'000'000;
  AgentSession agent{{.session_id = "s", .window_bytes = 128 << 10}, *this};
  ClientSession client{{}, *this};

 private:
  struct Frame {
    std::int64_t at;
    std::uint64_t order;
    bool to_client;
    int connection;
    std::string bytes;
    bool operator>(const Frame& other) const {
      return std::tie(at, order) > std::tie(other.at, other.order);
    }
  };

  bool chance(double probability) {
    return std::uniform_real_distribution<>(0, 1)(random_) < probability;
  }
  void carry(bool to_client, std::string bytes) {
    if (chance(faults_.cuts)) cut_wanted_ = true;
    if (chance(faults_.loss)) return;
    const int copies = chance(faults_.copies) ? 2 : 1;
    for (int i = 0; i < copies; ++i) {
      const auto delay = std::uniform_int_distribution<std::int64_t>(0, faults_.max_delay_ms);
      auto pick = delay;
      line_.push({now + pick(random_), ++order_, to_client, connection_, bytes});
    }
  }
  void step(std::int64_t until) {
    if (std::exchange(cut_wanted_, false) && down_until_ == 0) {
      ++cuts;
      cut();
    }
    if (down_until_ != 0 && now >= down_until_) {
      down_until_ = 0;
      connect();
    }
    work();
    std::int64_t next = until;
    if (!line_.empty()) next = std::min(next, line_.top().at);
    for (const auto& wake : {agent.wake_at(), client.wake_at()}) {
      if (wake) next = std::min(next, *wake);
    }
    if (down_until_ != 0) next = std::min(next, down_until_);
    if (work_left()) next = std::min(next, now + 1);
    now = std::max(now, next);
    if (!line_.empty() && line_.top().at <= now) {
      const auto frame = line_.top();
      line_.pop();
      if (frame.connection == connection_) {
        frame.to_client ? client.receive(now, frame.bytes) : agent.receive(now, frame.bytes);
      }
      return;
    }
    if (const auto at = agent.wake_at(); at && *at <= now) agent.wake(now);
    if (const auto at = client.wake_at(); at && *at <= now) client.wake(now);
  }
  bool work_left() const {
    return refused_ || (started && produced < produce.size() && agent.wants_output()) ||
           (begun_ && typed < type.size() && client.wants_input());
  }
  void work() {
    if (std::exchange(refused_, false)) agent.input_ready(now);
    if (started && produced < produce.size() && agent.wants_output()) {
      const std::size_t size = std::uniform_int_distribution<std::size_t>(1, 20'000)(random_);
      const auto piece = std::string_view(produce).substr(produced, size);
      agent.output(now, PayloadType::kOutput, piece);
      produced += piece.size();
      if (produced == produce.size() && finish_after_output) agent.finish(now, "the end");
    }
    if (begun_ && typed < type.size() && client.wants_input()) {
      const std::size_t size = std::uniform_int_distribution<std::size_t>(1, 50)(random_);
      const auto piece = std::string_view(type).substr(typed, size);
      client.input(now, piece);
      typed += piece.size();
    }
  }

  // AgentEvents and ClientEvents share send(): who calls tells the direction.
  void send(std::string frame) override {
    const auto message = parse(frame, Digest::kVerify);
    ASSERT_TRUE(message);
    const bool from_agent =
        message->type == kOutputStreamData || message->type == kChannelClosed ||
        (message->type == kAcknowledge &&
         parse_acknowledgement(message->payload)->message_type == kInputStreamData);
    carry(from_agent, std::move(frame));
  }
  void start(TerminalSize) override { started = true; }
  bool input(std::string_view bytes) override {
    if (chance(faults_.loss)) {  // a process that does not read just now
      refused_ = true;
      return false;
    }
    agent_got += bytes;
    return true;
  }
  void resize(TerminalSize) override {}
  void flag(Flag) override {}
  void window_opened() override {}
  void closed() override { agent_closed = true; }

  void begin(SessionType, const enibox::Json&) override {
    begun_ = true;
    client.resize(now, {80, 24});
  }
  void output(PayloadType, std::string_view bytes) override { client_got += bytes; }
  void notice(const std::string&) override {}
  void flag(std::uint32_t) override {}
  void exit_code(int) override {}
  void closed(const std::string& text) override {
    client_closed = true;
    closed_text = text;
  }

  std::mt19937 random_;
  Faults faults_;
  std::priority_queue<Frame, std::vector<Frame>, std::greater<>> line_;
  std::uint64_t order_ = 0;
  int connection_ = 0;
  bool begun_ = false, refused_ = false, cut_wanted_ = false;
  std::int64_t down_until_ = 0;
};

std::string random_bytes(std::size_t size, unsigned seed) {
  std::mt19937 random(seed);
  std::string bytes(size, '\0');
  for (auto& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

class ChannelLink : public testing::TestWithParam<unsigned> {};

TEST_P(ChannelLink, EveryByteArrivesOnceAndInOrderOverABadLine) {
  Line line(GetParam(), {.loss = 0.05, .copies = 0.1, .max_delay_ms = 40});
  line.produce = random_bytes(300'000, GetParam());
  line.type = random_bytes(5'000, GetParam() + 1);
  line.connect();
  ASSERT_TRUE(line.run([&] {
    return line.client_got.size() >= line.produce.size() &&
           line.agent_got.size() >= line.type.size();
  })) << line.client_got.size()
      << " " << line.agent_got.size();
  EXPECT_TRUE(line.client_got == line.produce);
  EXPECT_TRUE(line.agent_got == line.type);
}

TEST_P(ChannelLink, EveryByteArrivesOnceOverBreakingConnections) {
  Line line(GetParam(), {.loss = 0.01, .copies = 0.01, .max_delay_ms = 10, .cuts = 0.01});
  line.produce = random_bytes(500'000, GetParam());
  line.type = random_bytes(3'000, GetParam() + 1);
  line.connect();
  ASSERT_TRUE(line.run([&] {
    return line.client_got.size() >= line.produce.size() &&
           line.agent_got.size() >= line.type.size();
  }));
  EXPECT_GT(line.cuts, 0);
  EXPECT_TRUE(line.client_got == line.produce);
  EXPECT_TRUE(line.agent_got == line.type);
}

INSTANTIATE_TEST_SUITE_P(Seeds, ChannelLink, testing::Range(1u, 9u));

TEST(ChannelLinkLarge, TensOfMegabytesThroughASmallWindowThenTheEnd) {
  Line line(7, {.max_delay_ms = 0});
  line.produce = random_bytes(24 << 20, 7);
  line.finish_after_output = true;
  line.connect();
  ASSERT_TRUE(line.run([&] { return line.client_closed; }));
  EXPECT_EQ(line.closed_text, "the end");
  EXPECT_TRUE(line.agent_closed);
  EXPECT_TRUE(line.client_got == line.produce) << "the end waited for the last byte";
}

}  // namespace
