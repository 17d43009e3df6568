#include "emulator/ec2/nat_gateway_life.hpp"

#include "emulator/ec2/elastic_ip.hpp"
#include "emulator/ec2/network_interface.hpp"

namespace enibox::ec2 {
namespace {

void give_back(Ec2State& ec2, const NatGatewayRow& row) {
  for (const auto& address : ec2.addresses.of_eni(row.eni_id)) disassociate_address(ec2, address);
  if (!ec2.enis.find(row.eni_id)) return;
  detach_eni(ec2, row.eni_id);
  delete_eni(ec2, row.eni_id);
}

}  // namespace

void nat_gateway_made(Ec2State& ec2, const std::string& id, bool ok) {
  const auto row = ec2.nat_gateways.find(id);
  if (!row || row->state != "pending") return;
  store::Transaction transaction(ec2.db);
  ec2.nat_gateways.set_state(id, ok ? "available" : "failed");
  if (!ok) give_back(ec2, *row);
  ec2.routing.changed();
  transaction.commit();
}

void nat_gateway_removed(Ec2State& ec2, const std::string& id) {
  const auto row = ec2.nat_gateways.find(id);
  if (!row || row->state != "deleting") return;
  store::Transaction transaction(ec2.db);
  give_back(ec2, *row);
  ec2.nat_gateways.set_deleted(id, ec2.clock.now_ms());
  ec2.routing.changed();
  transaction.commit();
}

void finish_nat_gateways(Ec2State& ec2) {
  for (const auto& row : ec2.nat_gateways.in_state("deleting")) {
    nat_gateway_removed(ec2, row.nat_gateway_id);
  }
}

void delete_nat_gateway(Ec2State& ec2, const NatGatewayRow& row) {
  if (row.state == "failed")
    return ec2.nat_gateways.set_deleted(row.nat_gateway_id, ec2.clock.now_ms());
  if (row.state == "pending" || row.state == "available") {
    ec2.nat_gateways.set_state(row.nat_gateway_id, "deleting");
  }
}

}  // namespace enibox::ec2
