#include "emulator/containers/log_lines.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <fstream>

#include "emulator/containers/log_reader.hpp"

namespace enibox::containers {
namespace {

const std::string kTime = "2026-11-23T00:46:42.047805197+00:00 ";

std::vector<std::string> texts(const std::vector<LogLine>& lines) {
  std::vector<std::string> out;
  for (const auto& line : lines) out.push_back((line.from_stderr ? "! " : "") + line.text);
  return out;
}
using Texts = std::vector<std::string>;

TEST(LogLines, TimesAreMilliseconds) {
  EXPECT_EQ(parse_log_time("1970-01-01T00:00:01.047805197+00:00"), 1047);
  EXPECT_EQ(parse_log_time("1970-01-01T01:00:00.5+01:00"), 500);
  EXPECT_EQ(parse_log_time("1969-12-31T19:00:00-05:00"), 0);
  EXPECT_EQ(parse_log_time("2026-11-23T00:46:42Z"), 1795394802000);
  EXPECT_EQ(parse_log_time("garbage"), -1);
  EXPECT_EQ(parse_log_time(""), -1);
}

TEST(LogLines, PiecesAreJoinedApartForEachStream) {
  LogAssembler assembler;
  const auto lines =
      assembler.feed(kTime + "stdout P one \n" + kTime + "stderr F problem\n" + kTime +
                     "stdout P two \n" + kTime + "stdout F three\n" + kTime + "stdout F \n");
  EXPECT_EQ(texts(lines), (Texts{"! problem", "one two three", ""}));
}

TEST(LogLines, AnySplitOfTheBytesGivesTheSame) {
  const std::string file = kTime + "stdout F a\n" + kTime + "stderr P b\n" + kTime +
                           "stdout F c\n" + kTime + "stderr F d\n";
  for (std::size_t cut = 0; cut <= file.size(); ++cut) {
    LogAssembler assembler;
    auto lines = assembler.feed(std::string_view(file).substr(0, cut));
    for (auto& line : assembler.feed(std::string_view(file).substr(cut))) lines.push_back(line);
    EXPECT_EQ(texts(lines), (Texts{"a", "c", "! bd"})) << cut;
    EXPECT_EQ(assembler.position(), (LogPosition{file.size(), 0}));
  }
}

TEST(LogLines, ARestartAnywhereNeitherLosesNorRepeats) {
  const std::string file = kTime + "stdout P open\n" + kTime + "stderr F one\n" + kTime +
                           "stderr F two\n" + kTime + "stdout F  end\n" + kTime + "stdout F x\n";
  for (std::size_t cut = 0; cut <= file.size(); ++cut) {
    LogAssembler before;
    auto lines = before.feed(std::string_view(file).substr(0, cut));
    const auto position = before.position();
    LogAssembler after(position);
    for (auto& line : after.feed(std::string_view(file).substr(position.offset)))
      lines.push_back(line);
    EXPECT_EQ(texts(lines), (Texts{"! one", "! two", "open end", "x"})) << cut;
  }
}

TEST(LogLines, ALongLineComesInEvents) {
  LogAssembler assembler;
  std::string file;
  const std::string piece(16 * 1024, 'x');
  for (int i = 0; i < 20; ++i) file += kTime + "stdout P " + piece + "\n";
  file += kTime + "stdout F end\n";
  const auto lines = assembler.feed(file);
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0].text.size(), kLargestEvent);
  EXPECT_EQ(lines[0].text.size() + lines[1].text.size(), 20 * piece.size() + 3);
}

TEST(LogLines, DamagedRecordsAreSkipped) {
  LogAssembler assembler;
  const auto lines =
      assembler.feed("\n" + std::string(40, '\0') + "\nshort\n" + kTime + "stdout\n" + kTime +
                     "stdin  F x\n" + kTime + "stdout Q x\n" + kTime + "stdout F good\n");
  EXPECT_EQ(texts(lines), (Texts{"good"}));
}

TEST(LogLines, FlushGivesWhatHasNoEnd) {
  LogAssembler assembler;
  EXPECT_TRUE(assembler.feed(kTime + "stdout P prompt> \n").empty());
  EXPECT_EQ(texts(assembler.flush()), (Texts{"prompt> "}));
  EXPECT_TRUE(assembler.flush().empty());
}

// --- the reader on real files
// ----------------------------------------------------------------------

class LogFile : public ::testing::Test {
 protected:
  LogFile() {
    std::string name = (std::filesystem::temp_directory_path() / "enibox-log-XXXXXX").string();
    directory_ = ::mkdtemp(name.data());
    append("");
  }
  ~LogFile() override { std::filesystem::remove_all(directory_); }
  std::string path() const { return directory_ + "/log"; }
  void append(const std::string& text) { std::ofstream(path(), std::ios::app) << text; }
  void line(const std::string& text) { append(kTime + "stdout F " + text + "\n"); }

  void open(std::uint64_t keep = 4 << 20) {
    reader_ = std::make_unique<LogReader>(loop_, files_,
                                          LogReaderOptions{path(), directory_ + "/position", keep},
                                          [this](std::vector<LogLine> lines) {
                                            for (auto& text : texts(lines)) got_.push_back(text);
                                          });
  }
  bool wait_for_lines(std::size_t count) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (got_.size() < count && std::chrono::steady_clock::now() < deadline) {
      loop_.restart();
      loop_.run_one_for(std::chrono::milliseconds(10));
    }
    return got_.size() == count;
  }

  std::string directory_;
  boost::asio::io_context loop_;
  FileWatch files_{loop_};
  std::unique_ptr<LogReader> reader_;
  Texts got_;
};

TEST_F(LogFile, IsFollowedAndTakenUpAgain) {
  line("one");
  open();
  ASSERT_TRUE(wait_for_lines(1));
  line("two");
  append(kTime + "stdout F to");
  append("rn\n");
  ASSERT_TRUE(wait_for_lines(3));
  reader_.reset();
  line("while nobody read");
  open();
  ASSERT_TRUE(wait_for_lines(4));
  EXPECT_EQ(got_, (Texts{"one", "two", "torn", "while nobody read"}));
}

TEST_F(LogFile, FinishDeliversTheRestOnceAndReports) {
  append(kTime + "stdout P no end\n");
  open();
  bool done = false;
  reader_->finish([&] { done = true; });
  ASSERT_TRUE(wait_for_lines(1));
  EXPECT_TRUE(done);
  reader_.reset();
  open();
  reader_->finish([&] { done = true; });
  loop_.restart();
  loop_.run_for(std::chrono::milliseconds(1));
  EXPECT_EQ(got_, (Texts{"no end"}));
}

TEST_F(LogFile, AFileThatConmonReplacedIsReadToItsEndFirst) {
  line("old");
  open();
  ASSERT_TRUE(wait_for_lines(1));
  line("last of the old");
  std::ofstream(directory_ + "/new") << kTime << "stdout F new\n";
  std::filesystem::rename(directory_ + "/new", path());
  ASSERT_TRUE(wait_for_lines(3));
  EXPECT_EQ(got_, (Texts{"old", "last of the old", "new"}));
}

TEST_F(LogFile, DeliveredSpaceIsGivenBackAndTheLastLinesStay) {
  const std::string text(1000, 'x');
  std::string block;
  for (int i = 0; i < 1000; ++i) block += kTime + "stdout F " + text + "\n";
  open(1 << 20);
  for (int i = 0; i < 8; ++i) append(block);
  line("the end");
  ASSERT_TRUE(wait_for_lines(8001));
  struct stat info {};
  ASSERT_EQ(::stat(path().c_str(), &info), 0);
  EXPECT_LT(info.st_blocks * 512, 4 << 20);
  const auto last = read_last_lines(path(), 2);
  ASSERT_EQ(last.size(), 2U);
  EXPECT_EQ(last[0].text, text);
  EXPECT_EQ(last[1].text, "the end");
  EXPECT_GT(read_last_lines(path(), -1).size(), 900U);
}

}  // namespace
}  // namespace enibox::containers
