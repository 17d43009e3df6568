#pragma once
#include <spdlog/common.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "emulator/box_paths.hpp"
#include "netns/cgroup.hpp"

namespace enibox {

// What the porter gives the daemon. docs/process-model.md tells who the two are.
struct DaemonOptions {
  BoxPaths paths;
  // The box's control group, for groups of tasks and instances below it; "none" where there are
  // no limits to be had. This process is moved into its leaf "box" soon after it was ready.
  netns::Cgroup cgroup;
  // Listening, non-blocking sockets opened on the host; the daemon owns them. The addresses
  // ("127.0.0.1:4566") are theirs, in the same order.
  std::vector<int> listen_fds;
  std::vector<std::string> listen_addresses;
  // Absent: the database is in memory.
  std::optional<std::string> database_path;
  bool durable = false;
  bool uplink = false;  // ask the porter for it when the internet is there
  std::string account_id;
  std::vector<std::string> allow_hosts;
  // Access key ids and secrets; none: signatures are not verified.
  std::map<std::string, std::string> auth_keys;
  // In place of every flow log's own aggregation interval.
  std::optional<int> flow_log_interval_s;
  // What an interface may send to its VPC's resolver; none: as on AWS.
  std::optional<int> service_packets_per_second;
  bool any_image = false;  // see ec2::Ec2State
  spdlog::level::level_enum log_level = spdlog::level::info;
  // The box lived on from an earlier daemon: its containers may still run.
  bool box_reentered = false;
  // The box stays when the daemon ends, tasks run on.
  bool box_persistent = false;
  // The daemon's end of the socketpair to the porter, owned by the daemon: see PorterLink.
  int porter_fd = -1;
};

// Runs until a signal or the porter's end says stop. Called single-threaded, inside the box, with
// no signal blocked. Returns the exit status of `enibox serve`.
int run_daemon(DaemonOptions options);

}  // namespace enibox
