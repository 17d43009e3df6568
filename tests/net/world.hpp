#pragma once
#include <string>
#include <vector>

#include "emulator/vpc/data_path.hpp"
#include "netns/route_socket.hpp"
#include "tests/net/packets.hpp"
#include "tests/net/sandbox.hpp"

// A VPC with tasks in it, on the real kernel, for tests that read as stories.
namespace enibox::test {

// A task's ENI and namespace. Number 7 has the address 10.0.100.7 and MAC 0a:ff:00:00:00:07.
struct Task {
  std::string netns;
  std::string address;
  std::string mac;
  vpc::EniSpec eni;
};

vpc::GroupRule from_group(const std::string& group_id);
vpc::GroupRule from_block(const std::string& cidr, const std::string& protocol = "-1",
                          int from_port = -1, int to_port = -1);
vpc::GroupRule from_list(const std::string& prefix_list_id, const std::string& protocol = "-1",
                         int from_port = -1, int to_port = -1);
vpc::GroupRule to_anywhere();

// A listing of nft's in an order of its own, to be compared with another.
std::string comparable(const std::string& listing);

struct World {
  // The VPC "vpc-1", 10.0.0.0/16, with subnets 10.0.100.0/24 and 10.0.101.0/24.
  explicit World(vpc::DataPathOptions options = {.netns_directory = router_directory()});

  void group(const std::string& group_id, std::vector<vpc::GroupRule> rules,
             const std::string& vpc_id = "vpc-1");
  // A new namespace with an ENI in it; `third` chooses the subnet 10.0.THIRD.0/24.
  Task task(int number, std::vector<std::string> group_ids, int third = 100,
            const std::string& vpc_id = "vpc-1");
  std::string router(const std::string& vpc_id = "vpc-1") const;
  netns::RouteSocket router_links() const;
  // The router's filters as nft lists them, without counters and with set elements in order.
  std::string filters() const;

  vpc::DataPath path;
};

// Two ends of a TCP connection from `client` to `server`; fails the test when there is none.
struct Conversation {
  netns::UniqueFd client;
  netns::UniqueFd server;
};
Conversation converse(const Task& client, const Task& server, std::uint16_t port);

}  // namespace enibox::test
