#include "emulator/reconcile/host_command.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>

#include "tests/unit/fake_clock.hpp"
#include "tests/unit/fake_runtime.hpp"

namespace enibox::reconcile {
namespace {

class HostCommandsTest : public testing::Test {
 protected:
  HostCommandsTest() { runtime.give_pipes(); }
  void run(std::chrono::milliseconds timeout) {
    containers::ExecSpec spec;
    spec.argv = {"probe"};
    commands.run(
        spec, "",
        [this](Outcome<HostCommands::Result> outcome) { results.push_back(outcome.get()); },
        timeout);
    clock.run_posted();
  }
  void poll() {
    loop.restart();
    loop.run_for(std::chrono::milliseconds(1));
  }
  bool answered() {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (results.empty() && std::chrono::steady_clock::now() < deadline) poll();
    return !results.empty();
  }

  boost::asio::io_context loop;
  FakeClock clock;
  containers::FakeRuntime runtime{clock};
  HostCommands commands{loop, runtime};
  std::vector<HostCommands::Result> results;
};

TEST_F(HostCommandsTest, OneThatHangsIsKilledAndDoesNotHoldUpTheAnswer) {
  run(std::chrono::milliseconds(20));
  ASSERT_TRUE(answered());
  EXPECT_TRUE(results[0].timed_out);
  EXPECT_EQ(std::ranges::count(runtime.calls, "signal_exec 1 9"), 1);
  EXPECT_TRUE(commands.exited(1, 0)) << "it is still known as ours, whatever its exit code";
  EXPECT_FALSE(commands.exited(1, 0));
  poll();
  EXPECT_EQ(results.size(), 1U);
}

TEST_F(HostCommandsTest, OneThatEndsInTimeHasItsOutputAndExitCode) {
  run(std::chrono::seconds(60));
  ASSERT_EQ(::write(runtime.far_ends[1].get(), "well", 4), 4);
  runtime.far_ends.clear();
  EXPECT_TRUE(commands.exited(1, 3));
  ASSERT_TRUE(answered());
  EXPECT_FALSE(results[0].timed_out);
  EXPECT_EQ(results[0].exit_code, 3);
  EXPECT_EQ(results[0].output, "well");
}

}  // namespace
}  // namespace enibox::reconcile
