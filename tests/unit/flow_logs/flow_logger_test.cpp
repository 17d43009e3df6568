#include "emulator/flow_logs/flow_logger.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "emulator/flow_logs/log_file.hpp"
#include "netns/handle.hpp"
#include "tests/unit/fake_clock.hpp"

namespace enibox::flow_logs {
namespace {

std::uint32_t address(const char* text) { return vpc::IpAddress::parse(text)->to_v4(); }

struct FakeSource final : Source {
  std::map<std::string, std::vector<FlowLogSpec>> flow_logs() override { return logs; }
  std::optional<EniFacts> facts(const std::string& eni_id) override {
    if (!enis.contains(eni_id)) return std::nullopt;
    EniFacts facts;
    facts.account_id = "111122223333";
    facts.region = "us-east-1";
    facts.vpc_id = "vpc-1";
    facts.subnet_id = enis.at(eni_id);
    facts.eni_id = eni_id;
    return facts;
  }
  void refresh(EniFacts&) override {}

  std::map<std::string, std::vector<FlowLogSpec>> logs;
  std::map<std::string, std::string> enis;  // to their subnets
};

// Answers at once, or when it is released.
struct FakeCounting final : vpc::FlowCounting {
  void count_flows(std::string vpc_id, bool on, Done<Nothing> done) override {
    if (on)
      counted.insert(vpc_id);
    else
      counted.erase(vpc_id);
    if (done) done(Nothing{});
  }
  void end_flow_stretch(std::string vpc_id, Done<vpc::FlowStretch> done) override {
    ++stretches;
    auto answer = [this, vpc_id, done = std::move(done)] {
      if (std::exchange(broken, false) || !counted.contains(vpc_id))
        return done(std::make_exception_ptr(std::runtime_error("no such router")));
      done(stretch());
    };
    if (held)
      waiting.push_back(std::move(answer));
    else
      answer();
  }
  void release() {
    held = false;
    for (const auto& answer : std::exchange(waiting, {})) answer();
  }

  std::function<vpc::FlowStretch()> stretch;
  std::set<std::string> counted;
  std::vector<std::function<void()>> waiting;
  int stretches = 0;
  bool held = false;
  bool broken = false;  // the next one
};

struct FakeSink final : logs::Sink {
  void create_stream(const std::string&, const std::string& group,
                     const std::string& stream) override {
    streams.insert(group + " " + stream);
  }
  void create_group(const std::string&, const std::string& group) override { groups.insert(group); }
  void append(const std::string&, const std::string& group, const std::string& stream,
              const std::vector<logs::Event>& more) override {
    if (broken) throw std::runtime_error("no disk");
    auto& all = events[group + " " + stream];
    all.insert(all.end(), more.begin(), more.end());
  }
  std::set<std::string> groups, streams;
  std::map<std::string, std::vector<logs::Event>> events;
  bool broken = false;
};

class FlowLoggerTest : public ::testing::Test {
 protected:
  FlowLoggerTest()
      : directory(std::filesystem::temp_directory_path() /
                  ("enibox-flow-logs-" + std::to_string(::getpid()))) {
    network.stretch = [this] {
      auto reading = std::exchange(next, {});
      return vpc::FlowStretch{
          .read = [reading] { return reading; }, .enis = eni_list, .ended_ms = clock.now_ms()};
    };
    source.enis = {{"eni-a", "subnet-1"}, {"eni-b", "subnet-2"}};
    make();
  }
  ~FlowLoggerTest() override { std::filesystem::remove_all(directory); }

  void make() {
    logger.emplace(FlowLogger::Parts{clock, network, source, sink,
                                     [](auto work, auto done) { done(Outcome<Collected>(work())); },
                                     directory.string()});
  }
  static FlowLogSpec to_group(const std::string& id, const std::string& resource_id) {
    FlowLogSpec spec{.flow_log_id = id,
                     .account_id = "111122223333",
                     .region = "us-east-1",
                     .resource_id = resource_id,
                     .interval_ms = 60'000,
                     .format = Format::parse("${srcport} ${packets} ${action} ${log-status}"),
                     .group_name = "/" + id,
                     .bucket = {}};
    return spec;
  }
  // A datagram of A's for B, by its source port.
  void datagram(std::uint16_t port) {
    next.passed.push_back({{.source = address("10.0.0.1"),
                            .destination = address("10.0.0.2"),
                            .source_port = port,
                            .destination_port = 53,
                            .protocol = 17},
                           102,
                           1,
                           100});
  }
  std::vector<std::string> lines(const std::string& stream) {
    std::vector<std::string> all;
    for (const auto& event : sink.events[stream]) all.push_back(event.message);
    return all;
  }
  using Lines = std::vector<std::string>;

  FakeClock clock{1'700'000'040'000};  // a minute begins
  FakeCounting network;
  FakeSource source;
  FakeSink sink;
  std::filesystem::path directory;
  vpc::FlowReading next;
  std::vector<vpc::CountedEni> eni_list = {
      {.eni_id = "eni-a", .address = "10.0.0.1", .number = 101},
      {.eni_id = "eni-b", .address = "10.0.0.2", .number = 102}};
  std::optional<FlowLogger> logger;
};

TEST_F(FlowLoggerTest, CountsOnlyWhereAFlowLogIs) {
  logger->changed();
  EXPECT_TRUE(network.counted.empty());
  source.logs["vpc-1"] = {to_group("fl-1", "vpc-1")};
  logger->changed();
  EXPECT_EQ(network.counted, std::set<std::string>{"vpc-1"});
  source.logs.clear();
  logger->changed();
  EXPECT_TRUE(network.counted.empty());
  const auto before = network.stretches;
  clock.advance(std::chrono::minutes(2));
  EXPECT_EQ(network.stretches, before);
}

TEST_F(FlowLoggerTest, WritesAtTheEndOfTheInterval) {
  source.logs["vpc-1"] = {to_group("fl-1", "vpc-1")};
  logger->changed();
  datagram(1000);
  clock.advance(std::chrono::seconds(30));
  datagram(1000);
  clock.advance(std::chrono::seconds(29));
  EXPECT_TRUE(sink.events.empty());
  clock.advance(std::chrono::seconds(1));
  EXPECT_EQ(lines("/fl-1 eni-a-all"), Lines{"1000 2 ACCEPT OK"});
  EXPECT_EQ(lines("/fl-1 eni-b-all"), Lines{"1000 2 ACCEPT OK"});
  EXPECT_EQ(sink.events["/fl-1 eni-a-all"][0].timestamp_ms, 1'700'000'040'000);
  EXPECT_TRUE(sink.groups.contains("/fl-1"));
  clock.advance(std::chrono::minutes(1));
  EXPECT_EQ(lines("/fl-1 eni-a-all"), (Lines{"1000 2 ACCEPT OK", "- - - NODATA"}));
}

TEST_F(FlowLoggerTest, EachFlowLogHasItsScopeAndInterval) {
  auto slow = to_group("fl-2", "subnet-2");
  slow.interval_ms = 600'000;
  auto refused = to_group("fl-3", "eni-a");
  refused.traffic = Traffic::kReject;
  source.logs["vpc-1"] = {to_group("fl-1", "eni-a"), slow, refused};
  logger->changed();
  datagram(1000);
  clock.advance(std::chrono::minutes(1));
  EXPECT_EQ(lines("/fl-1 eni-a-all"), Lines{"1000 1 ACCEPT OK"});
  EXPECT_EQ(lines("/fl-3 eni-a-reject"), Lines{"- - - NODATA"});
  EXPECT_TRUE(lines("/fl-1 eni-b-all").empty());
  EXPECT_TRUE(lines("/fl-2 eni-b-all").empty());
  datagram(1000);
  clock.advance(std::chrono::minutes(10));
  EXPECT_EQ(lines("/fl-2 eni-b-all")[0], "1000 2 ACCEPT OK");
  EXPECT_TRUE(lines("/fl-2 eni-a-all").empty());
}

TEST_F(FlowLoggerTest, AnInterfaceThatGoesIsWrittenAtOnce) {
  source.logs["vpc-1"] = {to_group("fl-1", "vpc-1")};
  logger->changed();
  logger->interface_made("eni-b");
  source.enis.erase("eni-b");  // its row goes before the stretch ends
  eni_list[1].gone = true;
  datagram(1000);
  clock.advance(std::chrono::seconds(5));
  EXPECT_EQ(lines("/fl-1 eni-b-all"), Lines{"1000 1 ACCEPT OK"});
  EXPECT_TRUE(lines("/fl-1 eni-a-all").empty());
  eni_list.pop_back();
  clock.advance(std::chrono::minutes(2));
  EXPECT_EQ(lines("/fl-1 eni-b-all").size(), 1u);
}

TEST_F(FlowLoggerTest, FinishWritesWhatThereIs) {
  source.logs["vpc-1"] = {to_group("fl-1", "vpc-1")};
  logger->changed();
  datagram(1000);
  bool finished = false;
  logger->finish([&] { finished = true; });
  EXPECT_TRUE(finished);
  EXPECT_EQ(lines("/fl-1 eni-a-all"), Lines{"1000 1 ACCEPT OK"});
}

TEST_F(FlowLoggerTest, FinishWaitsForTheNetworkButNotForEver) {
  source.logs["vpc-1"] = {to_group("fl-1", "vpc-1")};
  logger->changed();
  network.held = true;
  clock.advance(std::chrono::seconds(5));  // a stretch is being ended
  int finished = 0;
  logger->finish([&] { ++finished; });
  EXPECT_EQ(finished, 0);
  datagram(1000);
  network.release();
  EXPECT_EQ(finished, 1);
  EXPECT_EQ(lines("/fl-1 eni-a-all"), Lines{"1000 1 ACCEPT OK"});

  make();
  logger->changed();
  network.held = true;
  logger->finish([&] { ++finished; });
  clock.advance(std::chrono::minutes(1));
  EXPECT_EQ(finished, 2);
}

TEST_F(FlowLoggerTest, GoesOnAfterFailures) {
  source.logs["vpc-1"] = {to_group("fl-1", "vpc-1")};
  logger->changed();
  network.broken = true;
  clock.advance(std::chrono::seconds(5));
  sink.broken = true;
  datagram(1000);
  clock.advance(std::chrono::seconds(55));
  sink.broken = false;
  datagram(2000);
  clock.advance(std::chrono::seconds(60));
  EXPECT_EQ(lines("/fl-1 eni-a-all"), Lines{"2000 1 ACCEPT OK"});
}

TEST_F(FlowLoggerTest, ManyEventsAreWrittenInTurns) {
  source.logs["vpc-1"] = {to_group("fl-1", "eni-a")};
  logger->changed();
  for (std::uint16_t port = 1; port <= 1200; ++port) datagram(port);
  clock.advance(std::chrono::milliseconds(59'999));
  clock.advance(std::chrono::milliseconds(1));
  EXPECT_EQ(lines("/fl-1 eni-a-all").size(), 1200u);
  EXPECT_EQ(lines("/fl-1 eni-a-all").back(), "1200 1 ACCEPT OK");
}

std::string uncompressed(const std::filesystem::path& path) {
  const netns::Handle<::archive, ::archive_read_free> reader(::archive_read_new());
  ::archive_read_support_filter_gzip(reader.get());
  ::archive_read_support_format_raw(reader.get());
  ::archive_entry* entry = nullptr;
  EXPECT_EQ(::archive_read_open_filename(reader.get(), path.c_str(), 4096), ARCHIVE_OK);
  EXPECT_EQ(::archive_read_next_header(reader.get(), &entry), ARCHIVE_OK);
  EXPECT_EQ(::archive_filter_code(reader.get(), 0), ARCHIVE_FILTER_GZIP);
  std::string text(4096, '\0');
  const auto size = ::archive_read_data(reader.get(), text.data(), text.size());
  text.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
  return text;
}

TEST_F(FlowLoggerTest, FilesAreCompressedWithAHeader) {
  auto spec = to_group("fl-1", "eni-a");
  spec.group_name.clear();
  spec.bucket = *parse_bucket("arn:aws:s3:::my-bucket/some/");
  source.logs["vpc-1"] = {spec};
  logger->changed();
  datagram(1000);
  clock.advance(std::chrono::minutes(1));
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory))
    if (entry.is_regular_file()) files.push_back(entry.path());
  ASSERT_EQ(files.size(), 1u);
  EXPECT_EQ(uncompressed(files[0]), "srcport packets action log-status\n1000 1 ACCEPT OK\n");
  EXPECT_TRUE(sink.events.empty());
}

TEST(FlowLogFile, PathsAreAsAwsLaysThemOut) {
  FlowLogSpec spec;
  spec.flow_log_id = "fl-1";
  spec.account_id = "111122223333";
  spec.region = "eu-west-1";
  spec.bucket = *parse_bucket("arn:aws:s3:::my-bucket");
  constexpr std::int64_t kWhen = 1'700'000'100'000;  // 2023-11-14 22:15
  EXPECT_EQ(log_file_path(spec, kWhen, "0badcafe"),
            "my-bucket/AWSLogs/111122223333/vpcflowlogs/eu-west-1/2023/11/14/"
            "111122223333_vpcflowlogs_eu-west-1_fl-1_20231114T2215Z_0badcafe.log.gz");
  spec.bucket.per_hour = true;
  EXPECT_NE(log_file_path(spec, kWhen, "x").find("/2023/11/14/22/111122223333_"),
            std::string::npos);
  spec.bucket.hive_compatible = true;
  spec.bucket.prefix = "a/b";
  EXPECT_TRUE(log_file_path(spec, kWhen, "x")
                  .starts_with("my-bucket/a/b/AWSLogs/aws-account-id=111122223333/"
                               "aws-service=vpcflowlogs/aws-region=eu-west-1/year=2023/month=11/"
                               "day=14/hour=22/111122223333_"));
}

}  // namespace
}  // namespace enibox::flow_logs
