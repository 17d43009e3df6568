#include "emulator/reconcile/guests.hpp"

#include <spdlog/spdlog.h>

#include <filesystem>

#include "api/error.hpp"
#include "emulator/reconcile/host_files.hpp"

namespace enibox::reconcile {
namespace {

constexpr const char* kFilePrefix = "guest-";

const char* requester(GuestKind kind) {
  return kind == GuestKind::kCommand ? "enibox:in-vpc" : "enibox:attach";
}

}  // namespace

std::string Guests::path_of(const std::string& eni_id) const {
  return p_.netns_directory + "/" + kFilePrefix + eni_id;
}

Guest Guests::guest_of(const ec2::NetworkInterface& eni) const {
  const auto dns = p_.ec2.vpc_dns(eni.vpc_id);
  return {.eni_id = eni.eni_id,
          .vpc_id = eni.vpc_id,
          .subnet_cidr = eni.subnet_cidr,
          .address = eni.address,
          .mac = eni.mac,
          .vpc_cidrs = dns ? dns->cidrs : std::vector<std::string>{},
          .netns_path = path_of(eni.eni_id),
          .resolv_conf = dns ? resolv_conf(*dns) : ""};
}

std::string Guests::enter(const GuestWanted& wanted, Done<Guest> done) {
  const auto eni = p_.ec2.create_network_interface(
      {.region = wanted.region.empty() ? p_.ec2.region_of_subnet(wanted.subnet_id) : wanted.region,
       .subnet_id = wanted.subnet_id,
       .address = std::nullopt,
       .group_ids = wanted.group_ids,
       .description = wanted.description,
       .requester_id = requester(wanted.kind),
       .in_service = true});
  const auto connected = [this, eni, done = std::move(done)](Outcome<Nothing> outcome) {
    if (outcome.ok()) return done(guest_of(eni));
    leave(eni.eni_id, {});
    try {
      outcome.get();
    } catch (...) {
      done(std::current_exception());
    }
  };
  try {
    p_.network.make_namespace(path_of(eni.eni_id), {});
    // The address with a lifetime, as an instance's dhclient leaves it.
    p_.devices.put(eni.eni_id, {.netns_path = path_of(eni.eni_id), .dhcp_like = true}, connected);
  } catch (...) {  // the network's queue is full
    remove_row(eni.eni_id);
    throw;
  }
  return eni.eni_id;
}

// Its device goes with the row.
void Guests::remove_row(const std::string& eni_id) {
  try {
    p_.ec2.detach(eni_id);
    p_.ec2.delete_network_interface(eni_id);
  } catch (const AwsError&) {  // no row any more, after a reset
    p_.devices.remove(eni_id, {});
  }
}

void Guests::leave(const std::string& eni_id, std::function<void()> done) {
  remove_row(eni_id);
  p_.network.remove_namespace(path_of(eni_id), [done = std::move(done)](Outcome<Nothing> outcome) {
    if (!outcome.ok()) spdlog::warn("guest: {}", outcome.error());
    if (done) done();
  });
}

std::vector<ec2::NetworkInterface> Guests::present(GuestKind kind) {
  return p_.ec2.requested_by(requester(kind));
}

void Guests::recover() {
  for (const auto kind : {GuestKind::kCommand, GuestKind::kHost})
    for (const auto& eni : present(kind)) remove_row(eni.eni_id);
  std::error_code none;  // no directory: a box that is new
  for (const auto& entry : std::filesystem::directory_iterator(p_.netns_directory, none)) {
    const std::string name = entry.path().filename();
    if (name.starts_with(kFilePrefix)) p_.network.remove_namespace(entry.path(), {});
  }
}

}  // namespace enibox::reconcile
