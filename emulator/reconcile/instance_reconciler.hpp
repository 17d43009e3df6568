#pragma once
#include <functional>
#include <map>
#include <set>
#include <string>

#include "emulator/ecs/ecs.hpp"
#include "emulator/reconcile/devices.hpp"
#include "emulator/reconcile/host_command.hpp"
#include "emulator/reconcile/task_reconciler.hpp"

namespace enibox::reconcile {

// Boots, stops and ends EC2 instances: the namespaces of one, its own interface, its user data, and
// the agent's registration with a cluster. Loop thread only.
class InstanceReconciler {
 public:
  struct Parts {
    ecs::Ecs& ecs;
    ec2::Ec2& ec2;
    Devices& devices;
    vpc::Network& network;
    containers::Runtime& runtime;
    ssm::Sessions& sessions;
    TaskReconciler& tasks;
    HostCommands& commands;
    Clock& clock;
    std::string image;  // the instance image's reference
    // The instance's docker.sock: opened with its run directory, closed with it.
    std::function<void(const std::string& host_id, const std::string& run_dir)> engine_up;
    std::function<void(const std::string& host_id)> engine_down;
  };
  explicit InstanceReconciler(Parts parts) : p_(std::move(parts)) {}

  // The instance's row wants something else than what is (pending, stopping, shutting-down).
  void changed(const std::string& instance_id);
  // EC2: RebootInstances. Its processes end and it boots again; address, rows and state stay.
  void reboot(const std::string& instance_id);
  // An interface was attached, detached, deleted, or has other groups: its device follows.
  void interface_changed(const std::string& eni_id);
  // Its init died by itself.
  void host_died(const std::string& instance_id);
  // After a restart of the daemon.
  void recover(const containers::Inventory& inventory);
  // What user data and the agent printed. EC2: GetConsoleOutput.
  std::string console_output(const std::string& instance_id) const;

 private:
  void step(const std::string& instance_id);
  void boot(const ec2::Instance& instance);
  void connect(const std::string& instance_id, const containers::HostStarted& started);
  void connected(const std::string& instance_id);
  void run_user_data(const ec2::Instance& instance);
  void read_agent_config(const std::string& instance_id);
  void register_agent(const std::string& instance_id, const std::string& config);
  void boot_failed(const std::string& instance_id, const std::string& why);
  void end(const ec2::Instance& instance);
  void ended(const std::string& instance_id);
  enum class Disk { kStays, kGoes };
  void take_down(const std::string& instance_id, const std::string& reason, Disk disk,
                 std::function<void()> done);
  void put_interfaces(const std::string& instance_id);
  void put_interface(const ec2::NetworkInterface& eni, const std::string& netns_path);

  Parts p_;
  std::set<std::string> in_flight_;
  std::map<std::string, std::string> netns_;  // of instances that are up
  std::map<std::string, std::string> console_;
  std::map<std::string, std::unique_ptr<Clock::Timer>> registering_;
};

}  // namespace enibox::reconcile
