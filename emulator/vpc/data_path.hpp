#pragma once
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "emulator/vpc/background.hpp"
#include "emulator/vpc/network.hpp"
#include "emulator/vpc/router.hpp"

namespace enibox::vpc {

struct DataPathOptions {
  // A private directory that exists, for the routers' namespace files; never /run/netns.
  std::string netns_directory;
  // Take over the routers found there (after a restart of the daemon): their links stay where they
  // match what is put, their filters are rebuilt from what is put, closed until then.
  bool adopt = false;
  // Called before each step of a build-up with its name; what it throws fails the step. For tests.
  std::function<void(const std::string& step)> before_step = {};
};

// The kernel side of every VPC, synchronous. Lives on the network worker; all calls on one thread.
// Each call leaves the kernel as it was when it throws, and is idempotent. See Network for what
// each does.
class DataPath {
 public:
  explicit DataPath(DataPathOptions options);
  ~DataPath();

  void put_vpc(const VpcSpec& vpc);
  void remove_vpc(const std::string& vpc_id);
  void put_group(const GroupSpec& group);
  void remove_group(const std::string& group_id);
  void put_eni(const EniSpec& eni);
  void remove_eni(const std::string& eni_id);
  void prepare_instance(const std::string& netns_path);
  void put_task_bridge(const TaskBridgeSpec& bridge);

  // Renews the lifetimes of the addresses that look like DHCP's; well before kLeaseSeconds pass.
  void renew_leases();
  // After a recovery: ends the adopted routers and links that nobody has put again.
  void forget_unclaimed();
  // Waits for deletions still under way (nobody else needs to).
  void settle() { background_.wait_idle(); }

 private:
  Router& router(const std::string& vpc_id);
  std::string router_path(const std::string& vpc_id) const;

  DataPathOptions options_;
  Background background_;
  std::map<std::string, std::unique_ptr<Router>, std::less<>> routers_;
  std::map<std::string, std::string, std::less<>> vpc_of_eni_;
  std::map<std::string, std::string, std::less<>> vpc_of_group_;
};

}  // namespace enibox::vpc
