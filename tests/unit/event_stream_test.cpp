#include "api/wire/event_stream.hpp"

#include <gtest/gtest.h>

#include "api/wire/json_event_stream.hpp"
#include "api/wire/model.hpp"

namespace enibox::api {
namespace {

// What is written, whole.
class FakeByteStream final : public http::ByteStream {
 public:
  void listen(Events events) override { events_ = std::move(events); }
  void write(std::string bytes) override { written += bytes; }
  std::size_t queued_bytes() const override { return 0; }
  void pause_reading() override {}
  void resume_reading() override {}
  void end() override { open = false; }
  void abort() override { open = false; }
  bool is_open() const override { return open; }
  void lose() {
    open = false;
    events_.on_closed();
  }

  std::string written;
  bool open = true;

 private:
  Events events_;
};

std::string hex(const std::string& bytes) {
  std::string out;
  char text[3];
  for (const char c : bytes) {
    std::snprintf(text, sizeof text, "%02x", static_cast<unsigned char>(c));
    out += text;
  }
  return out;
}

// The test vectors of the AWS SDKs: an empty message, and one with a payload and a header.
TEST(EventMessage, IsFramedWithBothChecksums) {
  EXPECT_EQ(hex(event_message({}, "")), "000000100000000005c248eb7d98c8ff");
  EXPECT_EQ(hex(event_message({{"content-type", "application/json"}}, "{'foo':'bar'}")),
            "0000003d0000002007fd83960c636f6e74656e742d747970650700106170706c69636174696f6e2f6a736f"
            "6e7b27666f6f273a27626172277d8d9c08b1");
}

TEST(JsonEventStream, SendsEventsByTheirShapes) {
  const ModelLibrary models;
  const auto& operation = *models.by_name("logs")->operation("StartLiveTail");
  const auto bytes = std::make_shared<FakeByteStream>();
  const auto stream = make_json_event_stream(operation, Json::object(), bytes);
  EXPECT_NE(bytes->written.find("initial-response"), std::string::npos);
  stream->send("sessionUpdate",
               {{"sessionMetadata", {{"sampled", true}}}, {"sessionResults", Json::array()}});
  EXPECT_NE(bytes->written.find(R"("sampled":true)"), std::string::npos);
  EXPECT_THROW(stream->send("sessionUpdate", {{"no", 1}}), std::logic_error);
  EXPECT_THROW(stream->send("noEvent", Json::object()), std::logic_error);
  stream->fail(AwsError("SessionTimeoutException", "over"));
  EXPECT_NE(bytes->written.find(":exception-type"), std::string::npos);
  EXPECT_FALSE(stream->is_open());
  const auto& other = *models.by_name("logs")->operation("PutLogEvents");
  EXPECT_THROW(make_json_event_stream(other, Json::object(), bytes), std::logic_error);
}

TEST(JsonEventStream, TellsThatItsClientIsGone) {
  const ModelLibrary models;
  const auto bytes = std::make_shared<FakeByteStream>();
  const auto stream = make_json_event_stream(*models.by_name("logs")->operation("StartLiveTail"),
                                             Json::object(), bytes);
  int gone = 0;
  stream->on_closed([&] { ++gone; });
  bytes->lose();
  EXPECT_EQ(gone, 1);
}

}  // namespace
}  // namespace enibox::api
