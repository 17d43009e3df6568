#include <gtest/gtest.h>

#include "emulator/engine/errors.hpp"
#include "emulator/engine/times.hpp"

namespace enibox::engine {
namespace {

constexpr std::int64_t kSecond = 1000, kMinute = 60 * kSecond, kHour = 60 * kMinute,
                       kDay = 24 * kHour;

TEST(EngineTimes, DurationsInDockersWords) {
  struct Case {
    std::int64_t ms;
    std::string text;
  };
  const Case cases[] = {{-5, "Less than a second"},  {999, "Less than a second"},
                        {kSecond, "1 second"},       {59 * kSecond, "59 seconds"},
                        {kMinute, "About a minute"}, {119 * kSecond, "About a minute"},
                        {2 * kMinute, "2 minutes"},  {59 * kMinute, "59 minutes"},
                        {kHour, "About an hour"},    {89 * kMinute, "About an hour"},
                        {90 * kMinute, "2 hours"},   {47 * kHour, "47 hours"},
                        {2 * kDay, "2 days"},        {13 * kDay, "13 days"},
                        {14 * kDay, "2 weeks"},      {59 * kDay, "8 weeks"},
                        {60 * kDay, "2 months"},     {800 * kDay, "2 years"}};
  for (const auto& one : cases) EXPECT_EQ(human_duration(one.ms), one.text) << one.ms;
}

TEST(EngineTimes, StatusColumn) {
  EngineContainer c;
  c.state = "running";
  c.started_ms = 1'000'000;
  EXPECT_EQ(status_text(c, c.started_ms + 5 * kMinute), "Up 5 minutes");
  c.health = "healthy";
  EXPECT_EQ(status_text(c, c.started_ms + 4 * kHour), "Up 4 hours (healthy)");
  c.health = "starting";
  EXPECT_EQ(status_text(c, c.started_ms + 4 * kSecond), "Up 4 seconds (health: starting)");
  c.state = "exited";
  c.exit_code = 137;
  c.finished_ms = 2'000'000;
  EXPECT_EQ(status_text(c, c.finished_ms + 2 * kHour), "Exited (137) 2 hours ago");
  c.state = "created";
  EXPECT_EQ(status_text(c, 0), "Created");
}

TEST(EngineTimes, ReadsWhatClientsSend) {
  EXPECT_EQ(rfc3339(0), "0001-01-01T00:00:00Z");
  EXPECT_EQ(rfc3339(1'700'000'000'042), "2023-11-14T22:13:20.042Z");
  EXPECT_EQ(parse_time_ms("1700000000", 0), 1'700'000'000'000);
  EXPECT_EQ(parse_time_ms("1700000000.500000000", 0), 1'700'000'000'500);
  EXPECT_EQ(parse_time_ms("2023-11-14T22:13:20.042Z", 0), 1'700'000'000'042);
  EXPECT_EQ(parse_time_ms("1h30m", 10 * kHour), 10 * kHour - 90 * kMinute);
  for (const auto* text : {"", "soon", "1x", "-5m", "nan", "1e99"}) {
    EXPECT_THROW(parse_time_ms(text, 0), EngineError) << text;
  }
}

}  // namespace
}  // namespace enibox::engine
