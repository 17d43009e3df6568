#include "emulator/reconcile/devices.hpp"

namespace enibox::reconcile {

vpc::EniSpec Devices::spec(const std::string& eni_id, const Place& place) {
  const auto row = ec2_.network_interface(eni_id);
  return {.eni_id = row.eni_id,
          .vpc_id = row.vpc_id,
          .subnet_cidr = row.subnet_cidr,
          .address = row.address,
          .secondary_addresses = row.secondary_addresses,
          .mac = row.mac,
          .group_ids = row.group_ids,
          .source_dest_check = row.source_dest_check,
          .netns_path = place.netns_path,
          .interface_name = place.interface_name,
          .dhcp_like = place.dhcp_like,
          .host_netns_path = place.host_netns_path};
}

void Devices::put(const std::string& eni_id, Place place, Done<Nothing> done) {
  making(eni_id);
  network_.put_eni(spec(eni_id, place), std::move(done));
  places_[eni_id] = std::move(place);
}

void Devices::refresh(const std::string& eni_id) {
  const auto place = places_.find(eni_id);
  if (place != places_.end()) network_.put_eni(spec(eni_id, place->second), {});
}

void Devices::remove(const std::string& eni_id, Done<Nothing> done) {
  places_.erase(eni_id);
  network_.remove_eni(eni_id, std::move(done));
}

}  // namespace enibox::reconcile
