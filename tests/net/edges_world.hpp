#pragma once
#include <string>
#include <vector>

#include "emulator/vpc/internet.hpp"
#include "tests/net/world.hpp"

// A World with ways out of its VPC.
namespace enibox::test {

inline constexpr const char* kEverywhere = "0.0.0.0/0";

// A group that lets everything pass.
void open_group(World& world, const std::string& group_id, const std::string& vpc_id = "vpc-1");

// Replaces the routes of 10.0.THIRD.0/24.
void route(World& world, int third, std::vector<vpc::RouteSpec> routes,
           const std::string& vpc_id = "vpc-1");

// A listener of the internet, and what it sees.
struct Outside {
  explicit Outside(World& world) : sockets(world.path.open_internet()) {}
  // Connects from the task to the internet's HTTP port and tells whom the internet saw; empty:
  // nobody came.
  std::string seen_from(const Task& task, int wait_ms = kPatienceMs);
  bool never_sees(const Task& task) { return seen_from(task, kSilenceMs).empty(); }

  vpc::InternetSockets sockets;
};

// The namespace of the internet.
std::string internet();

}  // namespace enibox::test
