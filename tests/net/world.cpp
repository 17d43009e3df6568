#include "tests/net/world.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <sstream>

#include "netns/nftables.hpp"

namespace enibox::test {
namespace {

const std::vector<std::string> kSubnets = {"10.0.100.0/24", "10.0.101.0/24"};

// nft lists a hash set's elements in no order of use.
std::string with_sorted_elements(const std::string& listing) {
  std::string result;
  std::istringstream lines(listing);
  std::string line, elements;
  const auto flush = [&] {
    std::vector<std::string> parts;
    std::string part;
    std::istringstream text(elements);
    while (std::getline(text, part, ',')) {
      part.erase(0, part.find_first_not_of(" \t{"));
      part.erase(part.find_last_not_of(" \t}") + 1);
      if (!part.empty()) parts.push_back(part);
    }
    std::sort(parts.begin(), parts.end());
    for (const auto& sorted : parts) result += "element " + sorted + "\n";
    elements.clear();
  };
  bool inside = false;
  while (std::getline(lines, line)) {
    if (const auto start = line.find("elements = "); start != std::string::npos) {
      inside = true;
      line = line.substr(start + 11);
    }
    if (!inside) {
      result += line + "\n";
      continue;
    }
    elements += line;
    if (line.find('}') != std::string::npos) {
      inside = false;
      flush();
    }
  }
  return result;
}

}  // namespace

std::string comparable(const std::string& listing) {
  // Chains and sets are listed in the order they were made: blocks are compared as a set.
  std::vector<std::string> blocks(1);
  std::istringstream lines(with_sorted_elements(listing));
  for (std::string line; std::getline(lines, line);) {
    blocks.back() += line + "\n";
    if (line.starts_with("\t}") || line.starts_with("table ") || line.starts_with("element "))
      blocks.emplace_back();
  }
  std::sort(blocks.begin(), blocks.end());
  std::string result;
  for (const auto& block : blocks) result += block;
  return result;
}

vpc::GroupRule from_group(const std::string& group_id) {
  return {.protocol = "-1", .cidr = {}, .group_id = group_id};
}

vpc::GroupRule from_block(const std::string& cidr, const std::string& protocol, int from_port,
                          int to_port) {
  return {.protocol = protocol,
          .from_port = from_port,
          .to_port = to_port,
          .cidr = cidr,
          .group_id = {}};
}

vpc::GroupRule from_list(const std::string& prefix_list_id, const std::string& protocol,
                         int from_port, int to_port) {
  return {.protocol = protocol,
          .from_port = from_port,
          .to_port = to_port,
          .cidr = {},
          .group_id = {},
          .prefix_list_id = prefix_list_id};
}

vpc::GroupRule to_anywhere() {
  vpc::GroupRule rule = from_block("0.0.0.0/0");
  rule.egress = true;
  return rule;
}

World::World(vpc::DataPathOptions options) : path(std::move(options)) {
  path.put_vpc({"vpc-1", {"10.0.0.0/16"}, kSubnets});
}

void World::group(const std::string& group_id, std::vector<vpc::GroupRule> rules,
                  const std::string& vpc_id) {
  path.put_group({group_id, vpc_id, std::move(rules)});
}

Task World::task(int number, std::vector<std::string> group_ids, int third,
                 const std::string& vpc_id) {
  Task task;
  const std::string name = vpc_id + "-task-" + std::to_string(third) + "-" + std::to_string(number);
  task.netns = make_namespace(name);
  task.address = "10.0." + std::to_string(third) + "." + std::to_string(number);
  char mac[18];
  std::snprintf(mac, sizeof mac, "0a:ff:00:00:%02x:%02x", third & 0xff, number & 0xff);
  task.mac = mac;
  task.eni.eni_id = "eni-" + vpc_id.substr(4) + "0" + std::to_string(third * 1000 + number);
  task.eni.vpc_id = vpc_id;
  task.eni.subnet_cidr = "10.0." + std::to_string(third) + ".0/24";
  task.eni.address = task.address;
  task.eni.mac = task.mac;
  task.eni.group_ids = std::move(group_ids);
  task.eni.netns_path = task.netns;
  path.put_eni(task.eni);
  return task;
}

std::string World::router(const std::string& vpc_id) const {
  return router_directory() + "/" + vpc_id;
}

netns::RouteSocket World::router_links() const {
  return netns::RouteSocket(netns::Namespace::open(router()));
}

std::string World::filters() const {
  netns::Nftables nft(netns::Namespace::open(router()));
  return comparable(nft.query("list ruleset"));
}

Conversation converse(const Task& client, const Task& server, std::uint16_t port) {
  Conversation result;
  const netns::UniqueFd listener = listen_tcp(server.netns, port);
  Attempt attempt = connect_tcp(client.netns, server.address, port);
  EXPECT_EQ(attempt.meeting, Meeting::kConnected);
  result.client = std::move(attempt.socket);
  result.server = accept_tcp(listener);
  EXPECT_TRUE(result.server);
  return result;
}

}  // namespace enibox::test
