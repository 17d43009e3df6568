// What the network costs: one ENI more in a small VPC and in a large one. Prints a table; judges
// nothing. Runs in a sandbox of its own, as root or as an ordinary user.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <vector>

#include "emulator/vpc/data_path.hpp"
#include "netns/conntrack.hpp"
#include "netns/link.hpp"
#include "netns/nftables.hpp"
#include "tests/net/sandbox.hpp"

namespace enibox::vpc {
namespace {

constexpr int kRounds = 15;
constexpr int kGroups = 100;

class Stopwatch {
 public:
  double ms() const {
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start_)
        .count();
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

template <typename Work>
double median_ms(Work work) {
  std::vector<double> times;
  for (int round = 0; round < kRounds; ++round) {
    const Stopwatch watch;
    work(round);
    times.push_back(watch.ms());
  }
  return median(times);
}

void row(const char* what, double value, const char* unit) {
  std::printf("| %-58s | %10.3f %s |\n", what, value, unit);
  std::fflush(stdout);
}

EniSpec eni(int number, const std::string& netns, const std::string& device) {
  EniSpec spec;
  char text[32];
  std::snprintf(text, sizeof text, "eni-%017d", number);
  spec.eni_id = text;
  spec.vpc_id = "vpc-1";
  spec.subnet_cidr = "10.0.0.0/16";
  std::snprintf(text, sizeof text, "10.0.%d.%d", number / 250 + 1, number % 250 + 2);
  spec.address = text;
  std::snprintf(text, sizeof text, "0a:ff:00:00:%02x:%02x", number / 256, number % 256);
  spec.mac = text;
  spec.group_ids = {"sg-" + std::to_string(number % kGroups)};
  spec.netns_path = netns;
  spec.interface_name = device;
  return spec;
}

void fill(DataPath& path, const std::string& crowd, int from, int to) {
  for (int number = from; number < to; ++number)
    path.put_eni(eni(number, crowd, "e" + std::to_string(number)));
}

// One ENI more, each into a namespace of its own, taken away again outside of the measured time.
double put_eni_ms(DataPath& path, int first) {
  std::vector<std::string> places;
  for (int round = 0; round < kRounds; ++round)
    places.push_back(
        test::make_namespace("place-" + std::to_string(first) + "-" + std::to_string(round)));
  const double result = median_ms([&](int round) {
    path.put_eni(eni(first + round, places[static_cast<std::size_t>(round)], "eth0"));
  });
  const double removed = median_ms([&](int round) {
    char id[32];
    std::snprintf(id, sizeof id, "eni-%017d", first + round);
    path.remove_eni(id);
  });
  row("  take one away (devices are deleted later)", removed, "ms");
  path.settle();
  return result;
}

GroupSpec group(int number, int port) {
  GroupRule egress;
  egress.egress = true;
  egress.protocol = "-1";
  egress.cidr = "0.0.0.0/0";
  GroupRule peers;
  peers.protocol = "-1";
  peers.group_id = "sg-" + std::to_string(number);
  GroupRule web;
  web.protocol = "tcp";
  web.from_port = web.to_port = port;
  web.cidr = "10.0.0.0/16";
  return {"sg-" + std::to_string(number), "vpc-1", {egress, peers, web}};
}

TEST(Bench, Network) {
  test::in_sandbox([] {
    DataPath path({.netns_directory = test::router_directory()});
    const std::string crowd = test::make_namespace("crowd");
    std::printf("\n");
    Stopwatch watch;
    path.put_vpc({"vpc-1", {"10.0.0.0/16"}, {"10.0.0.0/16"}});
    row("make a VPC's router", watch.ms(), "ms");
    watch = {};
    for (int number = 0; number < kGroups; ++number) path.put_group(group(number, 80));
    row("declare 100 groups, each", watch.ms() / kGroups, "ms");

    fill(path, crowd, 1, 10);
    row("ENI number 10, 100 groups", put_eni_ms(path, 10'000), "ms");
    watch = {};
    fill(path, crowd, 10, 1000);
    row("ENIs 10 to 1,000 one by one, each", watch.ms() / 990, "ms");
    row("ENI number 1,000, 100 groups", put_eni_ms(path, 20'000), "ms");
    row("change a rule of a group",
        median_ms([&](int round) { path.put_group(group(7, 1000 + round)); }), "ms");
  });
}

}  // namespace
}  // namespace enibox::vpc
