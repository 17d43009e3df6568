// What a task start costs beside a bare `runc run -d` of the same bundle, in the same instance, in
// the same run, with the seccomp profile on in both. Prints a table; judges nothing. Needs root.
#include <gtest/gtest.h>

#include <vector>

#include "tests/bench/stopwatch.hpp"
#include "tests/net/runtime_fixture.hpp"

namespace enibox::test {
namespace {

using bench::median;
using bench::Stopwatch;

constexpr int kRounds = 20;

void row(const char* what, double value) { bench::row(what, value, "ms"); }

// The bundle of a running container, started once more by hand: each round waits for one runc.
double bare_runc(RuntimeBox& box, const std::string& container) {
  const std::string bundle = "/run/ecs/c/" + container;
  const std::string script = "mkdir -p /run/bare/rootfs && cd /run/bare && cp " + bundle +
                             "/config.json . && mount --bind " + bundle +
                             "/rootfs rootfs && sed -i 's#/ecs/#/bare/#' config.json";
  box.run_on_host(script);
  std::vector<double> times;
  for (int round = 0; round < kRounds; ++round) {
    const auto name = "bare" + std::to_string(round);
    // exec: the time is runc's and that of one clone, which `docker run` would need as well.
    const Stopwatch watch;
    const auto ran = box.run_on_host("exec runc --root /run/bare/state run -d --bundle /run/bare " +
                                     name + " </dev/null >/run/bare/log 2>&1");
    times.push_back(watch.ms());
    if (ran.code != 0) {
      ADD_FAILURE() << box.run_on_host("cat /run/bare/log").out;
      break;
    }
    box.run_on_host("runc --root /run/bare/state delete -f " + name);
  }
  return median(times);
}

TEST(RuntimeBench, TaskStart) {
  in_runtime_box(Privilege::kRoot, [](RuntimeBox& box) {
    const Stopwatch host_start;
    box.start_host();
    row("instance: start_host", host_start.ms());
    std::vector<double> pods, containers, removals;
    std::string last;
    for (int round = 0; round < kRounds; ++round) {
      const auto number = std::to_string(100 + round);
      const Stopwatch pod;
      box.start_pod("t" + number, 256, 512 << 20);
      pods.push_back(pod.ms());
      auto spec = box.shell("a" + number, "exec sleep 1000");
      spec.pod_id = "t" + number;
      spec.memory_bytes = 256 << 20;
      const Stopwatch container;
      if (const auto started = box.start(spec); !started.ok()) {
        ADD_FAILURE() << started.error();
        break;
      }
      containers.push_back(container.ms());
      last = spec.container_id;
      if (round + 1 == kRounds) break;
      const Stopwatch removal;
      box.call<Nothing>([&](auto done) { box.runtime().remove_container(last, done); });
      box.call<Nothing>([&](auto done) { box.runtime().stop_pod("t" + number, done); });
      removals.push_back(removal.ms());
    }
    const double bare = bare_runc(box, last);
    row("task: start_pod", median(pods));
    row("task: start_container (conmon, runc, seccomp)", median(containers));
    row("task: both", median(pods) + median(containers));
    row("bare `runc run -d` of the same bundle", bare);
    bench::row("ratio", (median(pods) + median(containers)) / bare, "  ");
    row("task: kill, remove_container and stop_pod", median(removals));
    std::vector<double> execs;
    for (int round = 0; round < kRounds; ++round) {
      const Stopwatch watch;
      box.run_in(last.substr(0, 4), "true");
      execs.push_back(watch.ms());
    }
    row("exec in a container, to its exit code", median(execs));
    EXPECT_EQ(box.stop_host(), "");
  });
}

}  // namespace
}  // namespace enibox::test
