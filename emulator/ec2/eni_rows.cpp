#include "emulator/ec2/eni_rows.hpp"

namespace enibox::ec2 {

void EniRows::insert(const EniRow& row) { store::run_row(insert_, row); }

void EniRows::update(const EniRow& row) {
  update_.run(row.eni_id, row.description, row.source_dest_check, row.attachment_id,
              row.instance_id, row.device_index, row.attached_ms, row.delete_on_termination);
}

void EniRows::erase(const std::string& eni_id) { erase_.run(eni_id); }

std::optional<EniRow> EniRows::find(const std::string& eni_id) {
  return store::read_one<EniRow>(find_.query(eni_id));
}

std::optional<EniRow> EniRows::find_attachment(const std::string& attachment_id) {
  return store::read_one<EniRow>(find_attachment_.query(attachment_id));
}

std::vector<EniRow> EniRows::by_id(const std::string& region, const store::Stretch& stretch) {
  return store::read_all<EniRow>(by_id_.query(region, stretch.after, stretch.most));
}

std::vector<EniRow> EniRows::by_id_in_subnet(const std::string& subnet_id,
                                             const store::Stretch& stretch) {
  return store::read_all<EniRow>(by_id_in_subnet_.query(subnet_id, stretch.after, stretch.most));
}

std::vector<EniRow> EniRows::by_id_in_vpc(const std::string& vpc_id,
                                          const store::Stretch& stretch) {
  return store::read_all<EniRow>(by_id_in_vpc_.query(vpc_id, stretch.after, stretch.most));
}

std::vector<EniRow> EniRows::by_id_in_group(const std::string& group_id,
                                            const store::Stretch& stretch) {
  return store::read_all<EniRow>(by_id_in_group_.query(group_id, stretch.after, stretch.most));
}

std::vector<EniRow> EniRows::of_address(std::uint32_t address) {
  return store::read_all<EniRow>(of_address_.query(address));
}

std::vector<EniRow> EniRows::of_instance(const std::string& instance_id) {
  return store::read_all<EniRow>(of_instance_.query(instance_id));
}

std::vector<EniRow> EniRows::of_subnet(const std::string& subnet_id) {
  return store::read_all<EniRow>(of_subnet_.query(subnet_id));
}

std::vector<EniRow> EniRows::of_vpc(const std::string& vpc_id) {
  return store::read_all<EniRow>(of_vpc_.query(vpc_id));
}

std::vector<EniRow> EniRows::of_group(const std::string& group_id) {
  return store::read_all<EniRow>(of_group_.query(group_id));
}

std::vector<EniRow> EniRows::of_mac(const std::string& mac) {
  return store::read_all<EniRow>(of_mac_.query(mac));
}

std::vector<EniRow> EniRows::of_requester(const std::string& requester_id) {
  return store::read_all<EniRow>(of_requester_.query(requester_id));
}

std::vector<EniRow> EniRows::all_attached() {
  return store::read_all<EniRow>(all_attached_.query());
}

std::int64_t EniRows::count(const std::string& region) {
  return store::read_count(count_.query(region));
}

void EniRows::insert_address(const PrivateAddressRow& row) { store::run_row(insert_address_, row); }

void EniRows::erase_address(const std::string& subnet_id, std::uint32_t address) {
  erase_address_.run(subnet_id, address);
}

std::vector<PrivateAddressRow> EniRows::addresses(const std::string& eni_id) {
  return store::read_all<PrivateAddressRow>(addresses_.query(eni_id));
}

std::optional<std::string> EniRows::owner_of(const std::string& subnet_id, std::uint32_t address) {
  auto rows = owner_.query(subnet_id, address);
  if (!rows.next()) return std::nullopt;
  return rows.text(0);
}

std::vector<std::uint32_t> EniRows::taken(const std::string& subnet_id) {
  std::vector<std::uint32_t> addresses;
  auto rows = taken_.query(subnet_id);
  while (rows.next()) addresses.push_back(static_cast<std::uint32_t>(rows.integer(0)));
  return addresses;
}

void EniRows::set_groups(const std::string& eni_id, const std::vector<std::string>& group_ids) {
  clear_groups_.run(eni_id);
  int position = 0;
  for (const auto& group_id : group_ids) add_group_.run(eni_id, position++, group_id);
}

std::vector<std::string> EniRows::groups(const std::string& eni_id) {
  return store::read_texts(groups_.query(eni_id));
}

}  // namespace enibox::ec2
