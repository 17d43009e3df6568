#pragma once
#include <spdlog/common.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "emulator/cli/host_resolvers.hpp"
#include "emulator/cli/listen.hpp"

namespace enibox::cli {

struct PorterOptions {
  std::vector<ListenAddress> listen;
  std::optional<std::string> data_dir;  // absolute; absent: ephemeral
  std::string image_store;              // absolute
  std::string account_id;
  std::vector<std::string> allow_hosts;
  std::map<std::string, std::string> auth_keys;
  spdlog::level::level_enum log_level = spdlog::level::info;
  bool durable = false;
  bool uplink = false;                      // join the box's internet to the host's network
  std::vector<ResolverAddress> uplink_dns;  // none: those of the host's /etc/resolv.conf
  std::optional<int> flow_log_interval_s;
  std::optional<int> service_packets_per_second;  // none: as on AWS
  bool any_image = false;
};

// Exit statuses of `enibox serve` beside the daemon's own.
constexpr int kExitFailed = 1;
constexpr int kExitUsage = 2;
constexpr int kExitInUse = 3;  // another daemon has the data dir

// The process the user started: it takes the data dir's lock, opens the listening sockets, starts
// or finds the box, runs the daemon in it, forwards SIGTERM, SIGINT and SIGHUP, and returns the
// daemon's exit status (128 + the signal that killed it). It knows nothing of AWS and has no
// state. Called single-threaded; prints to standard output and error. docs/process-model.md.
int run_porter(const PorterOptions& options);

}  // namespace enibox::cli
