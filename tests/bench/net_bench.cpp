// What the network costs: one ENI more in a small VPC and in a large one. Prints a table; judges
// nothing. Runs in a sandbox of its own, as root or as an ordinary user.
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>

#include <cstdio>
#include <thread>
#include <vector>

#include "emulator/vpc/data_path.hpp"
#include "netns/conntrack.hpp"
#include "netns/link.hpp"
#include "netns/nftables.hpp"
#include "tests/bench/stopwatch.hpp"
#include "tests/net/packets.hpp"
#include "tests/net/sandbox.hpp"

namespace enibox::vpc {
namespace {

using bench::median;
using bench::row;
using bench::Stopwatch;

constexpr int kRounds = 15;
constexpr int kGroups = 100;

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
  spec.group_ids = {"sg-" + std::to_string(number % kGroups), "sg-all"};
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

GroupSpec group(const std::string& id, int port) {
  GroupRule egress;
  egress.egress = true;
  egress.protocol = "-1";
  egress.cidr = "0.0.0.0/0";
  GroupRule peers;
  peers.protocol = "-1";
  peers.group_id = id;
  GroupRule web;
  web.protocol = "tcp";
  web.from_port = web.to_port = port;
  web.cidr = "10.0.0.0/16";
  return {id, "vpc-1", {egress, peers, web}};
}

// A VPC's filters from nothing, as after a restart: the devices are there.
double apply_all_ms(int enis, int groups) {
  Ruleset rules;
  for (int number = 0; number < groups; ++number)
    rules.put_group(group("sg-" + std::to_string(number), 80));
  for (int number = 1; number <= enis; ++number) {
    const auto spec = eni(number, "", "");
    rules.put_eni({.number = number,
                   .link_index = number,
                   .mac = spec.mac,
                   .address = spec.address,
                   .subnet_number = 1,
                   .group_ids = {"sg-" + std::to_string(number % groups)}});
  }
  netns::Nftables nft(netns::Namespace::open(test::make_namespace("all")));
  const Stopwatch watch;
  for (const auto& part : transactions(rules.render())) nft.apply(part, "render");
  return watch.ms();
}

// --- what flow logs cost the packets
// --------------------------------------------------------------
class Ends {
 public:
  Ends() {
    GroupRule anybody;
    anybody.protocol = "-1";
    anybody.cidr = "0.0.0.0/0";
    GroupRule egress = anybody;
    egress.egress = true;
    path.put_vpc({"vpc-1", {"10.0.0.0/16"}, {"10.0.0.0/16"}});
    path.put_group({"sg-1", "vpc-1", {anybody, egress}});
    for (const int number : {1, 2}) {
      auto spec = eni(number, test::make_namespace("end-" + std::to_string(number)), "eth0");
      spec.group_ids = {"sg-1"};
      path.put_eni(spec);
      ends.push_back(spec);
    }
  }

  double connections_per_s() {
    constexpr int kConnections = 1'000;
    const auto port = ++last_port_;  // the one before is still in TIME_WAIT
    const auto listener = test::listen_tcp(ends[1].netns_path, port);
    const Stopwatch watch;
    for (int i = 0; i < kConnections; ++i) {
      const auto attempt = test::connect_tcp(ends[0].netns_path, ends[1].address, port);
      test::accept_tcp(listener);
    }
    return kConnections / watch.ms() * 1000;
  }

  double gbit_per_s() {
    constexpr std::size_t kBytes = 1'000'000'000;
    const auto port = ++last_port_;
    const auto listener = test::listen_tcp(ends[1].netns_path, port);
    const auto attempt = test::connect_tcp(ends[0].netns_path, ends[1].address, port);
    const auto server = test::accept_tcp(listener);
    std::vector<char> block(128 * 1024);
    const Stopwatch watch;
    std::thread sender([&] {
      for (std::size_t sent = 0; sent < kBytes;) {
        const auto n = ::send(attempt.socket.get(), block.data(), block.size(), MSG_NOSIGNAL);
        if (n > 0)
          sent += static_cast<std::size_t>(n);
        else
          ::poll(nullptr, 0, 1);
      }
      ::shutdown(attempt.socket.get(), SHUT_WR);
    });
    std::vector<char> into(256 * 1024);
    pollfd readable{server.get(), POLLIN, 0};
    while (::poll(&readable, 1, 5000) > 0 &&
           ::recv(server.get(), into.data(), into.size(), 0) > 0) {
    }
    const double ms = watch.ms();
    sender.join();
    return kBytes * 8 / ms / 1e6;
  }

  DataPath path{{.netns_directory = test::router_directory()}};
  std::vector<EniSpec> ends;

 private:
  std::uint16_t last_port_ = 1'000;
};

TEST(Bench, FlowLogs) {
  test::in_sandbox([] {
    Ends ends;
    std::vector<double> rate[2], speed[2], turn, read;
    for (int round = 0; round < 10; ++round) {  // in turn: the machine's other work meets both
      const int counted = round % 2;
      ends.path.count_flows("vpc-1", counted == 1);
      rate[counted].push_back(ends.connections_per_s());
      speed[counted].push_back(ends.gbit_per_s());
      if (counted == 0) continue;
      const Stopwatch turning;
      const auto stretch = ends.path.end_flow_stretch("vpc-1");
      turn.push_back(turning.ms());
      const Stopwatch reading;
      stretch.read();
      read.push_back(reading.ms());
    }
    std::printf("\n");
    row("TCP connections without a flow log", median(rate[0]), "/s");
    row("  with one", median(rate[1]), "/s");
    row("  ratio", median(rate[1]) / median(rate[0]), "");
    row("TCP throughput without a flow log", median(speed[0]), "Gbit/s");
    row("  with one", median(speed[1]), "Gbit/s");
    row("  ratio", median(speed[1]) / median(speed[0]), "");
    row("change the flow counters over", median(turn), "ms");
    row("read those of 1,000 connections (on a thread of its own)", median(read), "ms");
  });
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
    for (int number = 0; number < kGroups; ++number)
      path.put_group(group("sg-" + std::to_string(number), 80));
    path.put_group(group("sg-all", 80));
    row("declare 100 groups, each", watch.ms() / kGroups, "ms");

    fill(path, crowd, 1, 10);
    row("ENI number 10, 100 groups", put_eni_ms(path, 10'000), "ms");
    watch = {};
    fill(path, crowd, 10, 1000);
    row("ENIs 10 to 1,000 one by one, each", watch.ms() / 990, "ms");
    row("ENI number 1,000, 100 groups", put_eni_ms(path, 20'000), "ms");
    row("change a rule of a group with 1,000 members, until packets obey",
        median_ms([&](int round) { path.put_group(group("sg-all", 1000 + round)); }), "ms");
    row("filters of 1,000 ENIs and 1,000 groups, from nothing", apply_all_ms(1000, 1000), "ms");
  });
}

}  // namespace
}  // namespace enibox::vpc
