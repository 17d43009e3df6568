#include "emulator/ec2/addresses.hpp"
#include "emulator/ec2/describe.hpp"
#include "emulator/ec2/handlers.hpp"
#include "emulator/ec2/tags.hpp"
#include "emulator/ids.hpp"

namespace enibox::ec2::op {
namespace {

constexpr FilterField kReservationFilters[] = {
    {"reservationType", "ReservationType"},
    {"subnet-id", "SubnetId"},
};

Json reservation_json(Ec2State& ec2, const SubnetReservationRow& row) {
  return {{"SubnetCidrReservationId", row.reservation_id},
          {"SubnetId", row.subnet_id},
          {"Cidr", row.cidr},
          {"ReservationType", row.type},
          {"OwnerId", ec2.account_id},
          {"Description", row.description},
          {"Tags", tags_json(ec2, row.reservation_id)}};
}

}  // namespace

Json create_subnet_cidr_reservation(Ec2State& ec2, const api::RequestContext& request,
                                    const Json& in) {
  const auto subnet = ec2.subnet(request.region, in.at("SubnetId"));
  const std::string cidr = in.at("Cidr");
  const auto block = vpc::Cidr::parse(cidr);
  if (!block || block->text() != cidr) {
    throw invalid_value(cidr, "cidr", "This is not a valid CIDR block.");
  }
  auto whole = block_of(subnet.cidr);
  if (block->is_v6()) {
    const auto own = ec2.ipv6.of_subnet(subnet.subnet_id);
    if (own) whole = block_of(own->cidr);
  }
  if (!whole.contains(*block)) {
    throw AwsError("InvalidParameterValue",
                   "Reservation CIDR should be within subnet CIDR block (" + whole.text() + ")");
  }
  for (const auto& other : ec2.subnet_reservations.of_subnet(subnet.subnet_id)) {
    if (block_of(other.cidr).overlaps(*block)) {
      throw AwsError("InvalidParameterValue",
                     "Reservation CIDR " + cidr + " has overlap with existing reserved CIDR block");
    }
  }
  const SubnetReservationRow row{ec2_id("scr"),
                                 request.region,
                                 subnet.subnet_id,
                                 cidr,
                                 in.at("ReservationType"),
                                 in.value("Description", ""),
                                 ec2.clock.now_ms()};
  ec2.subnet_reservations.insert(row);
  tag_new(ec2, request.region, in, {row.reservation_id, "subnet-cidr-reservation"});
  return {{"SubnetCidrReservation", reservation_json(ec2, row)}};
}

Json delete_subnet_cidr_reservation(Ec2State& ec2, const api::RequestContext& request,
                                    const Json& in) {
  const std::string id = in.at("SubnetCidrReservationId");
  const auto row = ec2.subnet_reservations.find(id);
  if (!row || row->region != request.region) {
    throw subnet_reservation_not_found(id);
  }
  const auto answer = reservation_json(ec2, *row);
  ec2.tags.erase_all(id);
  ec2.subnet_reservations.erase(id);
  return {{"DeletedSubnetCidrReservation", answer}};
}

Json get_subnet_cidr_reservations(Ec2State& ec2, const api::RequestContext& request,
                                  const Json& in) {
  const auto subnet = ec2.subnet(request.region, in.at("SubnetId"));
  std::vector<Json> items;
  for (const auto& row : ec2.subnet_reservations.of_subnet(subnet.subnet_id)) {
    items.push_back(reservation_json(ec2, row));
  }
  auto answer = describe(request, in,
                         {"SubnetIpv4CidrReservations", "SubnetCidrReservationId", std::move(items),
                          kReservationFilters});
  answer["SubnetIpv6CidrReservations"] = Json::array();
  auto all = std::move(answer["SubnetIpv4CidrReservations"]);
  answer["SubnetIpv4CidrReservations"] = Json::array();
  for (auto& each : all) {
    const bool v6 = each["Cidr"].get<std::string>().find(':') != std::string::npos;
    answer[v6 ? "SubnetIpv6CidrReservations" : "SubnetIpv4CidrReservations"].push_back(
        std::move(each));
  }
  return answer;
}

}  // namespace enibox::ec2::op
