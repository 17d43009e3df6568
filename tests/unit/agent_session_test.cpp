#include "api/stream/agent_session.hpp"

#include <gtest/gtest.h>

#include <deque>

using namespace enibox::stream;

namespace {

// A session under a hand-turned clock, and a client whose every message is written by the test.
class AgentSessionTest : public testing::Test, public AgentEvents {
 protected:
  void send(std::string frame) override { sent.push_back(*parse(frame, Digest::kVerify)); }
  void start(TerminalSize size) override { started.push_back(size); }
  bool input(std::string_view bytes) override {
    if (takes_input) typed += bytes;
    return takes_input;
  }
  void resize(TerminalSize size) override { resized.push_back(size); }
  void flag(Flag value) override { flags.push_back(value); }
  void window_opened() override { ++windows_opened; }
  void closed() override { ++closed_calls; }

  void attach(const std::string& client = "client-1") { session.attach(now, client); }

  // What the session sent since the last call.
  std::vector<Message> take_sent() { return std::exchange(sent, {}); }
  std::vector<Message> take_sent(std::string_view type) {
    auto all = take_sent();
    std::erase_if(all, [&](const Message& message) { return message.type != type; });
    return all;
  }

  Message input_message(std::int64_t sequence, PayloadType type, std::string payload) {
    return {.type = std::string(kInputStreamData),
            .created_ms = 1,
            .sequence = sequence,
            .id = new_uuid(),
            .payload_type = type,
            .payload = std::move(payload)};
  }
  void receive(const Message& message) { session.receive(now, serialize(message)); }
  Message type_keys(std::int64_t sequence, std::string keys) {
    const auto message = input_message(sequence, PayloadType::kOutput, std::move(keys));
    receive(message);
    return message;
  }
  void send_size(std::int64_t sequence, TerminalSize size) {
    receive(input_message(sequence, PayloadType::kSize, size_payload(size)));
  }
  void acknowledge(const Message& message) { receive(make_acknowledgement(message, now)); }
  void acknowledge_all() {
    for (const auto& message : take_sent(kOutputStreamData)) acknowledge(message);
  }
  void answer_handshake(std::int64_t sequence = 0, int status = 1) {
    receive(input_message(sequence, PayloadType::kHandshakeResponse,
                          handshake_response({"1.2.677.0", {{"SessionType", status, "no"}}})));
  }
  // The usual begin: handshake, first size; the client's next number is 2.
  void open_session() {
    attach();
    answer_handshake();
    send_size(1, {100, 30});
    acknowledge_all();
    ASSERT_EQ(started.size(), 1u);
  }
  // Turns the clock on, waking the session whenever it asked for it.
  void advance(std::int64_t milliseconds) {
    const std::int64_t until = now + milliseconds;
    for (int wakes = 0; wakes < 100'000; ++wakes) {
      const auto at = session.wake_at();
      if (!at || *at > until) break;
      now = std::max(now, *at);
      session.wake(now);
    }
    now = until;
  }
  // Sequence numbers the session acknowledged since the last call.
  std::vector<std::int64_t> acknowledged() {
    std::vector<std::int64_t> numbers;
    for (const auto& message : take_sent(kAcknowledge)) {
      numbers.push_back(parse_acknowledgement(message.payload)->sequence);
    }
    return numbers;
  }
  std::string closed_text() {
    const auto closed = take_sent(kChannelClosed);
    return closed.size() == 1 ? parse_channel_closed(closed[0].payload)
                              : "closed messages: " + std::to_string(closed.size());
  }

  std::int64_t now = 1'700'000'000'000;
  std::vector<Message> sent;
  std::vector<TerminalSize> started, resized;
  std::vector<Flag> flags;
  std::string typed;
  bool takes_input = true;
  int windows_opened = 0, closed_calls = 0;
  AgentSession session{{.session_id = "s-1"}, *this};
};

using Numbers = std::vector<std::int64_t>;

TEST_F(AgentSessionTest, ShakesHandsThenStartsWithTheFirstSize) {
  attach();
  const auto request = take_sent();
  ASSERT_EQ(request.size(), 1u);
  EXPECT_EQ(request[0].sequence, 0);
  EXPECT_EQ(request[0].payload_type, PayloadType::kHandshakeRequest);
  EXPECT_EQ(parse_handshake_request(request[0].payload)->actions[0].parameters["SessionType"],
            "Standard_Stream");

  acknowledge(request[0]);
  answer_handshake();
  const auto complete = take_sent();
  ASSERT_EQ(complete.size(), 2u);
  EXPECT_EQ(complete[0].type, kAcknowledge);
  EXPECT_EQ(complete[1].payload_type, PayloadType::kHandshakeComplete);
  EXPECT_EQ(complete[1].sequence, 1);
  EXPECT_TRUE(started.empty()) << "the client's handler is not there before its first size";

  send_size(1, {100, 30});
  EXPECT_EQ(started, (std::vector<TerminalSize>{{100, 30}}));
  session.output(now, PayloadType::kOutput, "$ ");
  EXPECT_EQ(take_sent(kOutputStreamData).at(0).sequence, 2);
  EXPECT_EQ(session.client_version(), "1.2.677.0");
}

TEST_F(AgentSessionTest, StartsWithoutASizeAfterASecond) {
  attach();
  answer_handshake();
  advance(999);
  EXPECT_TRUE(started.empty());
  advance(1);
  EXPECT_EQ(started, (std::vector<TerminalSize>{{80, 24}}));
}

TEST_F(AgentSessionTest, HoldsOutputFromBeforeTheFirstSize) {
  attach();
  answer_handshake();
  take_sent();
  session.output(now, PayloadType::kOutput, "early");
  EXPECT_TRUE(take_sent().empty());
  send_size(1, {80, 24});
  EXPECT_EQ(take_sent(kOutputStreamData).at(0).payload, "early");
}

TEST_F(AgentSessionTest, AClientWithoutHandshakeBeginsWithASizeOrKeys) {
  attach("");
  take_sent();
  send_size(0, {90, 20});  // as the npm client does, in place of a handshake response
  EXPECT_EQ(started, (std::vector<TerminalSize>{{90, 20}}));
  for (const auto& message : sent) {
    EXPECT_NE(message.payload_type, PayloadType::kHandshakeComplete);
  }
  type_keys(1, "ls\r");
  EXPECT_EQ(typed, "ls\r");
}

TEST_F(AgentSessionTest, KeysBeforeAnySizeAreKeptInTheirPlace) {
  attach("");
  type_keys(0, "pwd\r");
  EXPECT_EQ(typed, "pwd\r");
  advance(1000);
  EXPECT_EQ(started.size(), 1u);
}

TEST_F(AgentSessionTest, AHandshakeNobodyAnswersEndsWithAText) {
  attach();
  advance(14'999);
  EXPECT_FALSE(session.is_closed());
  advance(1);
  EXPECT_TRUE(session.is_closed());
  EXPECT_EQ(closed_calls, 1);
  EXPECT_NE(closed_text().find("Handshake timed out"), std::string::npos);
}

TEST_F(AgentSessionTest, ARefusedSessionTypeEndsWithAText) {
  attach();
  answer_handshake(0, 3);
  EXPECT_TRUE(session.is_closed());
  EXPECT_NE(closed_text().find("SessionType"), std::string::npos);
  EXPECT_TRUE(started.empty());
}

TEST_F(AgentSessionTest, PutsInputIntoOrderAndAcknowledgesAtOnce) {
  open_session();
  type_keys(4, "c");
  type_keys(3, "b");
  EXPECT_EQ(typed, "");
  type_keys(2, "a");
  EXPECT_EQ(typed, "abc");
  EXPECT_EQ(acknowledged(), (Numbers{4, 3, 2}));
}

TEST_F(AgentSessionTest, AcknowledgesADuplicateAgainAndTakesItOnce) {
  open_session();
  const auto keys = type_keys(2, "a");
  receive(keys);
  advance(100);
  receive(keys);
  EXPECT_EQ(typed, "a");
  EXPECT_EQ(acknowledged(), (Numbers{2, 2, 2}));
}

TEST_F(AgentSessionTest, TwoMessagesUnderOneNumberAreBothTaken) {
  open_session();
  type_keys(2, "a");
  send_size(2, {120, 40});  // the resize thread took the same number; 3 is never used
  type_keys(4, "b");
  EXPECT_EQ(typed, "ab");
  EXPECT_EQ(resized, (std::vector<TerminalSize>{{120, 40}}));
  EXPECT_EQ(acknowledged(), (Numbers{2, 2, 4}));
}

TEST_F(AgentSessionTest, TwoMessagesUnderOneNumberThatCameEarlyAreBothTaken) {
  open_session();
  type_keys(3, "b");
  type_keys(3, "c");
  type_keys(5, "d");
  type_keys(2, "a");
  EXPECT_EQ(typed, "abcd");
}

TEST_F(AgentSessionTest, ALateDuplicateOfACollisionIsNotTakenAgain) {
  open_session();
  const auto first = type_keys(2, "a");
  const auto second = type_keys(2, "b");
  for (int i = 0; i < 2000; ++i) type_keys(4 + i, "x");
  receive(second);
  receive(first);
  EXPECT_EQ(typed, "ab" + std::string(2000, 'x'));
}

TEST_F(AgentSessionTest, InputThatCannotBeTakenComesAgain) {
  open_session();
  takes_input = false;
  const auto keys = type_keys(2, "a");
  type_keys(3, "b");
  EXPECT_EQ(acknowledged(), (Numbers{3}));
  takes_input = true;
  receive(keys);
  EXPECT_EQ(typed, "ab");
}

TEST_F(AgentSessionTest, SendsTheOldestAgainUntilItIsAcknowledged) {
  open_session();
  session.output(now, PayloadType::kOutput, "one");
  session.output(now, PayloadType::kOutput, "two");
  const auto first = take_sent(kOutputStreamData);
  ASSERT_EQ(first.size(), 2u);

  advance(1000);
  const auto again = take_sent(kOutputStreamData);
  ASSERT_FALSE(again.empty());
  for (const auto& message : again) EXPECT_EQ(message.id, first[0].id) << "only the oldest";

  acknowledge(first[0]);
  advance(5000);
  for (const auto& message : take_sent(kOutputStreamData)) EXPECT_EQ(message.id, first[1].id);
  acknowledge(first[1]);
  advance(60'000);
  EXPECT_TRUE(take_sent().empty());
}

TEST_F(AgentSessionTest, APeerThatStandsStillIsNotBuriedInCopies) {
  open_session();
  session.output(now, PayloadType::kOutput, "one");
  take_sent();
  advance(10 * 60'000);
  EXPECT_LT(take_sent().size(), 150u);
}

TEST_F(AgentSessionTest, AnAcknowledgementOfAnotherMessageUnderTheSameNumberCountsForNothing) {
  open_session();
  session.output(now, PayloadType::kOutput, "one");
  const auto output = take_sent(kOutputStreamData).at(0);
  auto bogus = output;
  bogus.id = new_uuid();
  acknowledge(bogus);
  advance(1000);
  EXPECT_FALSE(take_sent(kOutputStreamData).empty());
}

TEST_F(AgentSessionTest, StopsReadingWhenTheClientDoesNotAcknowledge) {
  open_session();
  const std::string block(32 << 10, 'x');
  std::size_t given = 0;
  while (session.wants_output() && given < (64u << 20)) {
    session.output(now, PayloadType::kOutput, block);
    given += block.size();
  }
  EXPECT_GE(given, 900u << 10);
  EXPECT_LE(given, 1200u << 10);
  EXPECT_EQ(windows_opened, 0);
  acknowledge_all();
  EXPECT_TRUE(session.wants_output());
  EXPECT_EQ(windows_opened, 1);
}

TEST_F(AgentSessionTest, ManySmallMessagesAreBoundedToo) {
  open_session();
  int given = 0;
  while (session.wants_output() && given < 20'000) {
    session.output(now, PayloadType::kOutput, "x");
    ++given;
  }
  EXPECT_LT(given, 10'000) << "the plugin drops messages when more wait";
}

TEST_F(AgentSessionTest, CutsOutputAtCharacterBorders) {
  open_session();
  session.output(now, PayloadType::kOutput, "a\xe2\x82");
  EXPECT_EQ(take_sent(kOutputStreamData).at(0).payload, "a");
  session.output(now, PayloadType::kOutput, "\xac!");
  EXPECT_EQ(take_sent(kOutputStreamData).at(0).payload, "\xe2\x82\xac!");
  session.output(now, PayloadType::kOutput, "\xe2");
  advance(100);  // nothing more comes: it goes as it is
  EXPECT_EQ(take_sent(kOutputStreamData).at(0).payload, "\xe2");
}

TEST_F(AgentSessionTest, StandardErrorDoesNotOvertakeAHalfCharacter) {
  open_session();
  session.output(now, PayloadType::kOutput, "\xe2");
  session.output(now, PayloadType::kStdErr, "oops");
  const auto messages = take_sent(kOutputStreamData);
  ASSERT_EQ(messages.size(), 2u);
  EXPECT_EQ(messages[0].payload, "\xe2");
  EXPECT_EQ(messages[1].payload_type, PayloadType::kStdErr);
}

TEST_F(AgentSessionTest, WaitsForTheLastAcknowledgementThenCloses) {
  open_session();
  session.output(now, PayloadType::kOutput, "bye");
  session.finish(now, "");
  EXPECT_FALSE(session.is_closed());
  acknowledge_all();
  EXPECT_TRUE(session.is_closed());
  EXPECT_EQ(closed_text(), "");
  EXPECT_EQ(closed_calls, 1);
}

TEST_F(AgentSessionTest, AClientThatNeverAcknowledgesIsToldAfterTwoSeconds) {
  open_session();
  session.output(now, PayloadType::kOutput, "bye");
  session.finish(now, "gone");
  advance(1999);
  EXPECT_FALSE(session.is_closed());
  advance(1);
  EXPECT_TRUE(session.is_closed());
  EXPECT_EQ(closed_text(), "gone");
}

TEST_F(AgentSessionTest, ASlowClientGetsTheRestOfTheOutputButNotForEver) {
  open_session();
  for (int i = 0; i < 60; ++i) session.output(now, PayloadType::kOutput, "x");
  auto output = take_sent(kOutputStreamData);
  session.finish(now, "");
  for (int i = 0; i < 20; ++i) {
    advance(1500);
    if (i < 19) acknowledge(output.at(static_cast<std::size_t>(i)));
    EXPECT_EQ(session.is_closed(), i == 19) << i;
  }
}

TEST_F(AgentSessionTest, CloseTellsTheClientAtOnceAtAnyTime) {
  attach();
  session.close(now, "the container stopped");
  EXPECT_EQ(closed_text(), "the container stopped");
  type_keys(0, "late");
  session.output(now, PayloadType::kOutput, "late");
  session.finish(now, "late");
  session.attach(now, "client-1");
  advance(60'000);
  EXPECT_TRUE(take_sent().empty());
  EXPECT_EQ(closed_calls, 1);
  EXPECT_EQ(typed, "");
}

TEST_F(AgentSessionTest, GoesOnOverANewConnection) {
  open_session();
  const auto keys = type_keys(2, "a");
  session.output(now, PayloadType::kOutput, "one");
  session.detach(now);
  session.output(now, PayloadType::kOutput, "two");  // the process works on
  take_sent();
  advance(60'000);
  EXPECT_TRUE(take_sent().empty()) << "nothing goes to a client that is away";

  attach();
  const auto again = take_sent(kOutputStreamData);
  ASSERT_EQ(again.size(), 2u);
  EXPECT_EQ(again[0].payload, "one");
  EXPECT_EQ(again[1].payload, "two");
  receive(keys);
  type_keys(3, "b");
  EXPECT_EQ(typed, "ab");
  EXPECT_EQ(started.size(), 1u);
}

TEST_F(AgentSessionTest, AConnectionLostInTheHandshakeTakesItUpAgain) {
  attach();
  session.detach(now);
  advance(60'000);
  EXPECT_FALSE(session.is_closed());
  attach();
  EXPECT_EQ(take_sent().back().payload_type, PayloadType::kHandshakeRequest);
  answer_handshake();
  send_size(1, {80, 24});
  EXPECT_EQ(started.size(), 1u);
}

TEST_F(AgentSessionTest, AnotherClientBeginsAnewAndGetsWhatNobodyAcknowledged) {
  open_session();
  session.output(now, PayloadType::kOutput, "unread");
  take_sent();
  session.attach(now, "client-2");
  const auto request = take_sent();
  ASSERT_EQ(request.size(), 1u);
  EXPECT_EQ(request[0].sequence, 0);
  EXPECT_EQ(request[0].payload_type, PayloadType::kHandshakeRequest);
  answer_handshake();
  send_size(1, {60, 20});
  const auto output = take_sent(kOutputStreamData);
  EXPECT_EQ(output.back().sequence, 2);
  EXPECT_EQ(output.back().payload, "unread");
  EXPECT_EQ(started.size(), 1u) << "the process runs on";
  EXPECT_EQ(resized.back(), (TerminalSize{60, 20}));
}

TEST_F(AgentSessionTest, AnEndWhileTheClientIsAwayWaitsForIt) {
  open_session();
  session.output(now, PayloadType::kOutput, "last");
  session.detach(now);
  session.finish(now, "");
  advance(20'000);
  attach();
  acknowledge_all();
  EXPECT_TRUE(session.is_closed());
}

TEST_F(AgentSessionTest, AnEndWhileTheClientStaysAwayIsAnEnd) {
  open_session();
  session.output(now, PayloadType::kOutput, "last");
  session.detach(now);
  session.finish(now, "");
  advance(30'000);
  EXPECT_TRUE(session.is_closed());
  EXPECT_EQ(closed_calls, 1);
}

TEST_F(AgentSessionTest, PassesFlagsOnAndIgnoresNonsense) {
  open_session();
  receive(input_message(2, PayloadType::kFlag, flag_payload(Flag::kTerminateSession)));
  receive(input_message(3, PayloadType::kFlag, "x"));
  receive(input_message(4, PayloadType::kSize, "{"));
  receive(input_message(5, static_cast<PayloadType>(77), "?"));
  receive(input_message(6, PayloadType::kHandshakeResponse, "late"));
  session.receive(now, "short");
  session.receive(now, std::string(500, '\xff'));
  type_keys(7, "a");
  EXPECT_EQ(flags, (std::vector<Flag>{Flag::kTerminateSession}));
  EXPECT_EQ(typed, "a");
  EXPECT_FALSE(session.is_closed());
}

TEST_F(AgentSessionTest, ForeignNumbersNeverBreakIt) {
  open_session();
  type_keys(-1, "no");
  type_keys(INT64_MIN, "no");
  type_keys(INT64_MAX, "never");
  receive({.type = std::string(kAcknowledge),
           .created_ms = 1,
           .id = new_uuid(),
           .payload = R"({"AcknowledgedMessageSequenceNumber":-9223372036854775808})"});
  type_keys(2, "a");
  EXPECT_EQ(typed, "a");
}

TEST_F(AgentSessionTest, TheNpmClientsAcknowledgementsOfAcknowledgementsDoNoHarm) {
  attach("");
  send_size(0, {80, 24});
  session.output(now, PayloadType::kOutput, "$ ");
  for (int round = 0; round < 3; ++round) {
    for (auto message : take_sent()) {
      message.type = kOutputStreamData;  // it says so of every message it gets
      auto ack = make_acknowledgement(message, now);
      ack.payload_type = PayloadType::kSize;
      ack.flags = 0;
      receive(ack);
    }
  }
  advance(10'000);
  EXPECT_TRUE(take_sent().empty()) << "everything real was acknowledged";
}

}  // namespace
