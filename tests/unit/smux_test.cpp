#include "api/stream/smux.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace enibox::stream {
namespace {

struct Taken {
  SmuxCommand command;
  std::uint32_t id;
  std::string data;
  bool operator==(const Taken&) const = default;
};

bool feed(SmuxReader& reader, std::string_view bytes, std::vector<Taken>& taken) {
  return reader.feed(bytes, [&](const SmuxFrame& frame) {
    taken.push_back({frame.command, frame.stream_id, std::string(frame.data)});
  });
}

TEST(Smux, WritesLittleEndianHeaders) {
  EXPECT_EQ(serialize({SmuxCommand::kData, 0x01020304, "abc"}),
            std::string("\x01\x02\x03\x00\x04\x03\x02\x01"
                        "abc",
                        11));
  EXPECT_EQ(serialize({SmuxCommand::kOpen, 3, {}}),
            std::string("\x01\x00\x00\x00\x03\x00\x00\x00", 8));
}

TEST(Smux, ReadsFramesHoweverTheyAreCut) {
  const std::string stream = serialize({SmuxCommand::kOpen, 3, {}}) +
                             serialize({SmuxCommand::kData, 3, std::string(40'000, 'x')}) +
                             serialize({SmuxCommand::kClose, 3, {}});
  const std::vector<Taken> whole{{SmuxCommand::kOpen, 3, ""},
                                 {SmuxCommand::kData, 3, std::string(40'000, 'x')},
                                 {SmuxCommand::kClose, 3, ""}};
  for (const std::size_t piece :
       {std::size_t{1}, std::size_t{7}, std::size_t{1024}, stream.size()}) {
    SmuxReader reader;
    std::vector<Taken> taken;
    for (std::size_t at = 0; at < stream.size(); at += piece) {
      ASSERT_TRUE(feed(reader, std::string_view(stream).substr(at, piece), taken));
    }
    EXPECT_EQ(taken, whole) << piece;
  }
}

TEST(Smux, RefusesWhatIsNone) {
  std::vector<Taken> taken;
  for (const char* bytes : {"GET / HTTP/1.1\r\n", "\x02\x00\x00\x00\x00\x00\x00\x00",
                            "\x01\x09\x00\x00\x00\x00\x00\x00"}) {
    SmuxReader reader;
    EXPECT_FALSE(feed(reader, {bytes, 8}, taken));
  }
  EXPECT_TRUE(taken.empty());
}

TEST(Smux, IsSpokenByClientsFrom1_1_70) {
  for (const char* version : {"1.1.70.0", "1.2.463.0", "2.0.0.0", "1.2.0"}) {
    EXPECT_TRUE(speaks_smux(version)) << version;
  }
  for (const char* version : {"0.0.1", "1.1.61.0", "", "one", "1.1"}) {
    EXPECT_FALSE(speaks_smux(version)) << version;
  }
}

}  // namespace
}  // namespace enibox::stream
