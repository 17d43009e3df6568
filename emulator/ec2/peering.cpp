#include "emulator/ec2/peering.hpp"

#include "emulator/ec2/tags.hpp"

namespace enibox::ec2 {
namespace {

constexpr std::int64_t kEndedShownMs = 2 * 3'600'000;

bool has_ended(const std::string& status) {
  return status != "pending-acceptance" && status != "active";
}

bool may_move(const std::string& from, const std::string& to) {
  if (from == "pending-acceptance") return true;
  return from == "active" && to == "deleted";
}

void age(Ec2State& ec2, PeeringRow& row) {
  if (row.status != "pending-acceptance" || ec2.clock.now_ms() < row.expires_ms) return;
  row.status = "expired";
  row.message = "Expired";
  row.changed_ms = ec2.clock.now_ms();
  ec2.peerings.update(row);
}

}  // namespace

PeeringRow require_peering(Ec2State& ec2, const std::string& region, const std::string& id) {
  check_id("pcx", id);
  auto row = ec2.peerings.find(id);
  if (!row || !row->is_in(region)) throw peering_not_found(id);
  age(ec2, *row);
  return *row;
}

PeeringRow move_peering(Ec2State& ec2, PeeringRow row, const std::string& status,
                        const std::string& message) {
  if (!may_move(row.status, status)) {
    throw AwsError("InvalidStateTransition", "Invalid state transition for " + row.peering_id +
                                                 ", attempted to transition from " + row.status +
                                                 " to " +
                                                 (status == "active" ? "provisioning" : status));
  }
  row.status = status;
  row.message = message;
  row.changed_ms = ec2.clock.now_ms();
  ec2.peerings.update(row);
  return row;
}

void age_peerings(Ec2State& ec2, const std::string& region) {
  for (auto& row : ec2.peerings.list(region)) {
    age(ec2, row);
    if (!has_ended(row.status) || ec2.clock.now_ms() - row.changed_ms < kEndedShownMs) continue;
    ec2.tags.erase_all(row.peering_id);
    ec2.peerings.erase(row.peering_id);
  }
}

std::optional<PeeringRow> peering_between(Ec2State& ec2, const std::string& one,
                                          const std::string& other) {
  std::optional<PeeringRow> found;
  for (auto& row : ec2.peerings.of_vpc(one)) {
    if (!row.joins(one, other)) continue;
    found = std::move(row);
    if (found->status == "active") break;
  }
  return found;
}

bool are_peered(Ec2State& ec2, const std::string& one, const std::string& other) {
  const auto row = peering_between(ec2, one, other);
  return row && row->status == "active";
}

void end_peerings_of(Ec2State& ec2, const std::string& vpc_id) {
  for (const auto& row : ec2.peerings.of_vpc(vpc_id)) {
    if (has_ended(row.status)) continue;
    move_peering(ec2, row, "deleted", "Deleted by " + ec2.account_id);
  }
}

}  // namespace enibox::ec2
