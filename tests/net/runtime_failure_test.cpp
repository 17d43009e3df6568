#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <iterator>

#include "tests/net/runtime_fixture.hpp"

// Every step of a build-up fails in turn: nothing may be left of it.
namespace enibox::test {
namespace {

class RuntimeFailure : public ::testing::TestWithParam<Privilege> {};

// "+ what" is there too much, "- what" is missing. Both sorted.
std::vector<std::string> difference(const std::vector<std::string>& before,
                                    const std::vector<std::string>& now) {
  std::vector<std::string> more, less, out;
  std::set_difference(now.begin(), now.end(), before.begin(), before.end(),
                      std::back_inserter(more));
  std::set_difference(before.begin(), before.end(), now.begin(), now.end(),
                      std::back_inserter(less));
  for (const auto& one : more) out.push_back("+ " + one);
  for (const auto& one : less) out.push_back("- " + one);
  return out;
}

// Fails step after step of `work`, which gives the error it ended with; after each, what there is
// must be as before. Returns how many steps there are; the last call of `work` has gone through.
int fail_each_step(RuntimeBox& box, pid_t host, const std::function<std::string()>& work) {
  constexpr int kMostSteps = 50;
  const auto before = box.traces(host);
  for (int failing = 1; failing <= kMostSteps; ++failing) {
    std::atomic<int> countdown = failing;
    std::string failed;
    box.before_step = [&](const std::string& step) {
      if (--countdown != 0) return;
      failed = step;
      throw std::runtime_error("injected at " + step);
    };
    const auto error = work();
    box.before_step = nullptr;
    if (failed.empty()) {
      EXPECT_EQ(error, "");
      return failing - 1;
    }
    EXPECT_NE(error.find("injected at " + failed), std::string::npos) << error;
    // Killed processes go in their own time.
    box.wait_for([&] { return box.traces(host) == before; });
    EXPECT_EQ(difference(before, box.traces(host)), std::vector<std::string>())
        << "after failing at: " << failed;
  }
  ADD_FAILURE() << "no end of steps";
  return 0;
}

TEST_P(RuntimeFailure, LeavesNothingOfAHostAPodOrAContainer) {
  in_runtime_box(GetParam(), [](RuntimeBox& box) {
    containers::HostStarted host;
    const auto error_of = [](const std::function<void()>& work) {
      try {
        work();
        return std::string();
      } catch (const std::exception& error) {
        return std::string(error.what());
      }
    };
    EXPECT_GE(fail_each_step(box, 0, [&] { return error_of([&] { host = box.start_host(); }); }),
              8);
    // The first task makes the group of all tasks, its first container what runc adds to it.
    box.start_pod("t0");
    EXPECT_EQ(box.call<Nothing>([&](auto done) { box.runtime().stop_pod("t0", done); }).error(),
              "");
    EXPECT_GE(fail_each_step(box, host.pid, [&] { return error_of([&] { box.start_pod(); }); }), 7);
    ASSERT_EQ(box.start(box.shell("a0", "true")).error(), "");
    ASSERT_TRUE(box.wait_for([&] { return box.exits.contains(container_id("a0")); }));
    EXPECT_EQ(box.call<Nothing>(
                     [&](auto done) { box.runtime().remove_container(container_id("a0"), done); })
                  .error(),
              "");
    EXPECT_GE(fail_each_step(box, host.pid,
                             [&] { return box.start(box.shell("a1", "exec sleep 1000")).error(); }),
              8);
    EXPECT_EQ(box.run_in("a1", "echo up").out, "up\n");
    EXPECT_EQ(box.stop_host(), "");
    // A host that was there before keeps its disk through all of it.
    EXPECT_GE(fail_each_step(box, 0, [&] { return error_of([&] { host = box.start_host(); }); }),
              8);
    EXPECT_EQ(box.stop_host(), "");
    EXPECT_TRUE(box.runtime().has_disk("i-1"));
  });
}

INSTANTIATE_TEST_SUITE_P(As, RuntimeFailure,
                         ::testing::Values(Privilege::kRoot, Privilege::kMappedRoot,
                                           Privilege::kUser),
                         [](const auto& instance) {
                           switch (instance.param) {
                             case Privilege::kRoot:
                               return "Root";
                             case Privilege::kMappedRoot:
                               return "MappedRoot";
                             default:
                               return "User";
                           }
                         });

}  // namespace
}  // namespace enibox::test
