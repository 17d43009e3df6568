// What the router costs a stream of packets: iperf3 between two namespaces on a plain bridge, and
// between two tasks of a VPC, turn by turn in the same run. Prints a table; judges nothing.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "emulator/vpc/data_path.hpp"
#include "tests/net/sandbox.hpp"

namespace enibox::vpc {
namespace {

constexpr int kRounds = 5;
constexpr int kCrowd = 1000;
constexpr int kGroups = 100;

struct Pair {
  std::string client, server, server_address;
};

std::string run(const std::string& netns, const std::string& command) {
  return test::output_in(netns, command);
}

// Received by the server, in Gbit/s.
double gigabits(const Pair& pair) {
  run(pair.server, "iperf3 -s -1 -D");
  for (int tries = 0; tries < 100; ++tries) {
    const auto text = run(pair.client, "iperf3 -J -t 2 -c " + pair.server_address);
    const auto answer = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
    if (!answer.is_discarded() && answer.contains("end") && answer["end"].contains("sum_received"))
      return answer["end"]["sum_received"]["bits_per_second"].get<double>() / 1e9;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));  // the server is not there yet
  }
  ADD_FAILURE() << "no iperf3 server";
  return 0;
}

Pair on_a_bridge() {
  const std::string bridge = test::make_namespace("bridge");
  run(bridge, "ip link add br0 mtu 9001 type bridge && ip link set br0 up");
  for (const auto* name : {"one", "two"}) {
    const std::string place = test::make_namespace(name);
    const std::string device = std::string("to-") + name;
    run(bridge, "ip link add " + device + " mtu 9001 type veth peer name eth0 mtu 9001 netns " +
                    place + " && ip link set " + device + " master br0 up");
    run(place, std::string("ip address add 192.0.2.") + (name[0] == 'o' ? "1" : "2") +
                   "/24 dev eth0 && ip link set eth0 up");
  }
  return {"/run/netns-test/one", "/run/netns-test/two", "192.0.2.2"};
}

EniSpec eni(int number, const std::string& netns, const std::vector<std::string>& groups) {
  EniSpec spec;
  char text[32];
  std::snprintf(text, sizeof text, "eni-%017d", number);
  spec.eni_id = text;
  spec.subnet_cidr = "10.0.0.0/16";
  std::snprintf(text, sizeof text, "10.0.%d.%d", number / 250 + 1, number % 250 + 2);
  spec.address = text;
  std::snprintf(text, sizeof text, "0a:ff:00:00:%02x:%02x", number / 256, number % 256);
  spec.mac = text;
  spec.group_ids = groups;
  spec.netns_path = netns;
  return spec;
}

GroupRule rule(bool egress) {
  GroupRule all;
  all.egress = egress;
  all.protocol = "-1";
  return all;
}

// Flows of members of sg-tracked are tracked, those of sg-open are not.
void put_groups(DataPath& path, const std::string& vpc, int others) {
  GroupRule out = rule(true), in = rule(false), members = rule(false), to_members = rule(true);
  out.cidr = in.cidr = "0.0.0.0/0";
  members.group_id = to_members.group_id = "sg-tracked-" + vpc;
  path.put_group({"sg-tracked-" + vpc, vpc, {members, to_members}});
  path.put_group({"sg-open-" + vpc, vpc, {in, out}});
  for (int number = 0; number < others; ++number) {
    GroupRule web = rule(false);
    web.protocol = "tcp";
    web.from_port = web.to_port = 1000 + number;
    web.cidr = "10.0.0.0/16";
    path.put_group({"sg-" + vpc + "-" + std::to_string(number), vpc, {out, web}});
  }
}

Pair pair_in(DataPath& path, const std::string& vpc, const std::string& group, int first) {
  Pair pair;
  for (std::string* place : {&pair.client, &pair.server}) {
    *place = test::make_namespace(vpc + "-" + std::to_string(first));
    auto spec = eni(first++, *place, {group});
    spec.vpc_id = vpc;
    path.put_eni(spec);
    pair.server_address = spec.address;
  }
  return pair;
}

void fill(DataPath& path, const std::string& vpc) {
  const std::string crowd = test::make_namespace("crowd");
  for (int number = 1; number <= kCrowd; ++number) {
    auto spec = eni(number, crowd, {"sg-" + vpc + "-" + std::to_string(number % kGroups)});
    spec.vpc_id = vpc;
    spec.interface_name = "e" + std::to_string(number);
    path.put_eni(spec);
  }
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

TEST(Bench, Throughput) {
  if (std::system("command -v iperf3 >/dev/null") != 0) GTEST_SKIP() << "iperf3 is not installed";
  test::in_sandbox([] {
    DataPath path({.netns_directory = test::router_directory()});
    struct Way {
      const char* name;
      Pair pair;
      std::vector<double> ratios = {};
    };
    for (const char* vpc : {"vpc-small", "vpc-large"})
      path.put_vpc({vpc, {"10.0.0.0/16"}, {"10.0.0.0/16"}});
    put_groups(path, "vpc-small", 0);
    put_groups(path, "vpc-large", kGroups);
    fill(path, "vpc-large");
    std::vector<Way> ways = {
        {"tracked, 2 ENIs", pair_in(path, "vpc-small", "sg-tracked-vpc-small", 2001)},
        {"untracked, 2 ENIs", pair_in(path, "vpc-small", "sg-open-vpc-small", 2003)},
        {"tracked, 1,000 ENIs, 100 groups",
         pair_in(path, "vpc-large", "sg-tracked-vpc-large", 2005)},
        {"untracked, 1,000 ENIs, 100 groups",
         pair_in(path, "vpc-large", "sg-open-vpc-large", 2007)}};
    const Pair bridge = on_a_bridge();
    std::vector<double> plain{gigabits(bridge)};
    for (int round = 0; round < kRounds; ++round) {
      for (auto& way : ways) {  // each between two moments of the bridge
        const double here = gigabits(way.pair);
        const double before = plain.back();
        plain.push_back(gigabits(bridge));
        way.ratios.push_back(2 * here / (before + plain.back()));
      }
    }
    std::printf("\n| %-64s | %10.3f Gbit/s |\n", "TCP on a plain bridge without filters",
                median(plain));
    for (const auto& way : ways)
      std::printf("| %-64s | %10.3f x of the bridge |\n",
                  (std::string("TCP task to task, ") + way.name).c_str(), median(way.ratios));
  });
}

}  // namespace
}  // namespace enibox::vpc
