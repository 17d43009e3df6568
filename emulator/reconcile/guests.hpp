#pragma once
#include <functional>
#include <string>
#include <vector>

#include "emulator/ec2/ec2.hpp"
#include "emulator/outcome.hpp"
#include "emulator/reconcile/devices.hpp"
#include "emulator/vpc/network.hpp"

namespace enibox::reconcile {

// Who holds on to an interface: a connection (`enibox in-vpc`), or nobody until it is let go
// (`enibox attach`).
enum class GuestKind { kCommand, kHost };

struct GuestWanted {
  GuestKind kind = GuestKind::kCommand;
  std::string region = {};  // empty: the subnet's
  std::string subnet_id;
  std::vector<std::string> group_ids;  // empty: the VPC's default group
  std::string description;
};

// A namespace with an eth0 of its own in a VPC.
struct Guest {
  std::string eni_id, vpc_id, subnet_cidr, address, mac;
  std::vector<std::string> vpc_cidrs;
  std::string netns_path;   // as the daemon sees it
  std::string resolv_conf;  // the file's text
};

// Interfaces for the host and its commands. They belong to Enibox, users can neither change nor
// delete them. Loop thread only.
class Guests {
 public:
  struct Parts {
    ec2::Ec2& ec2;
    Devices& devices;
    vpc::Network& network;
    std::string netns_directory;
  };
  explicit Guests(Parts parts) : p_(std::move(parts)) {}

  // Makes row, namespace and device; nothing is left when it fails. Throws AwsError with EC2's
  // codes for what cannot be. Gives the interface's id; `done` comes when packets may flow.
  std::string enter(const GuestWanted& wanted, Done<Guest> done);
  // Removes all three; `done` (may be empty) when it is done. One that is gone is fine.
  void leave(const std::string& eni_id, std::function<void()> done);
  std::vector<ec2::NetworkInterface> present(GuestKind kind);
  // At start-up: ends what an earlier daemon's guests left.
  void recover();

 private:
  std::string path_of(const std::string& eni_id) const;
  void remove_row(const std::string& eni_id);
  Guest guest_of(const ec2::NetworkInterface& eni) const;

  Parts p_;
};

}  // namespace enibox::reconcile
