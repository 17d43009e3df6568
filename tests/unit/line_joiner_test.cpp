#include "emulator/logs/line_joiner.hpp"

#include <gmock/gmock.h>

namespace enibox::logs {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> events_of(LineJoiner& joiner, const std::vector<std::string>& lines) {
  std::vector<std::string> events;
  std::int64_t now_ms = 1000;
  for (const auto& line : lines)
    if (auto event = joiner.add({.timestamp_ms = now_ms++, .message = line}))
      events.push_back(event->message);
  if (auto rest = joiner.flush()) events.push_back(rest->message);
  return events;
}

TEST(LineJoiner, ALineWithThePatternBeginsAnEvent) {
  LineJoiner joiner("^INFO|ERROR:");
  EXPECT_THAT(events_of(joiner, {"INFO one", "  at two", "", "x ERROR: three", "INFO four"}),
              ElementsAre("INFO one\n  at two\n\n", "x ERROR: three\n", "INFO four\n"));
  // What comes before the first one is an event, too.
  EXPECT_THAT(events_of(joiner, {"late", "INFO one"}), ElementsAre("late\n", "INFO one\n"));
}

TEST(LineJoiner, AnEventHasTheTimeOfItsFirstLine) {
  LineJoiner joiner("^A");
  EXPECT_FALSE(joiner.open_since_ms());
  joiner.add({.timestamp_ms = 5, .message = "A"});
  joiner.add({.timestamp_ms = 9, .message = "b"});
  EXPECT_EQ(joiner.open_since_ms(), 5);
  EXPECT_EQ(joiner.add({.timestamp_ms = 12, .message = "A"})->timestamp_ms, 5);
  EXPECT_EQ(joiner.flush()->timestamp_ms, 12);
  EXPECT_FALSE(joiner.flush());
}

TEST(LineJoiner, AnEventIsNoLongerThanCloudWatchTakes) {
  LineJoiner joiner("^A");
  const auto events = events_of(
      joiner, {"A", std::string(kLargestEvent - 3, 'x'), "yz", std::string(kLargestEvent, 'w')});
  ASSERT_EQ(events.size(), 3u);
  EXPECT_EQ(events[0].size(), kLargestEvent);
  EXPECT_EQ(events[1], "yz\n");
  EXPECT_EQ(events[2].size(), kLargestEvent);
}

TEST(LineJoiner, LinesOfAnyBytes) {
  LineJoiner joiner("^A");
  EXPECT_THAT(events_of(joiner, {"A\xff", "\xc3(", "A"}), ElementsAre("A\xff\n\xc3(\n", "A\n"));
}

TEST(LineJoiner, FindsTimes) {
  struct Case {
    const char *format, *line;
    bool found;
  };
  const Case cases[] = {
      {"%Y-%m-%d", "2026-11-23 and so on", true},
      {"%Y-%m-%d", "2026-13-23 and so on", false},
      {"\\[%b %d, %Y %H:%M:%S\\]", "x [Nov 09, 2026 23:59:01] y", true},
      {"\\[%b %d, %Y %H:%M:%S\\]", "[November 09, 2026 23:59:01]", false},
      {"%A %B %j %w %y", "Wednesday January 366 3 26", true},
      {"%I:%M %p", "11:05 PM", true},
      {"%H:%M:%S%L", "23:00:59.123", true},
      {"%H:%M:%S%L", "23:00:59,123", false},
      {"%H:%M:%S\\.%f %z %Z", "07:08:09.123456 +0200 CEST", true},
      {"%a", "Thursday", true},
      {"100%", "100%", true},
      {"%Q", "%Q", true},  // no directive: as it stands
  };
  for (const auto& each : cases) {
    LineJoiner joiner(pattern_of_datetime(each.format));
    joiner.add({.timestamp_ms = 1, .message = "first"});
    EXPECT_EQ(joiner.add({.timestamp_ms = 2, .message = each.line}).has_value(), each.found)
        << each.format << " in " << each.line;
  }
}

TEST(LineJoiner, OptionsThatDockerRefuses) {
  EXPECT_EQ(make_line_joiner("", ""), nullptr);
  EXPECT_NE(make_line_joiner("^A", ""), nullptr);
  EXPECT_NE(make_line_joiner("", "%Y"), nullptr);
  const auto said = [](const char* pattern, const char* format) -> std::string {
    try {
      make_line_joiner(pattern, format);
    } catch (const std::runtime_error& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_EQ(said("^A", "%Y"),
            "you cannot configure log opt 'awslogs-datetime-format' and "
            "'awslogs-multiline-pattern' at the same time");
  EXPECT_TRUE(said("(", "").starts_with(
      "awslogs could not parse multiline pattern key \"awslogs-multiline-pattern\": "));
  EXPECT_TRUE(said("", "(%Y").starts_with(
      "awslogs could not parse multiline pattern key \"awslogs-datetime-format\": "));
}

}  // namespace
}  // namespace enibox::logs
