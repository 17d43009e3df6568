#include "emulator/ec2/group_rows.hpp"

namespace enibox::ec2 {

void GroupRows::insert(const GroupRow& row) { store::run_row(insert_, row); }

void GroupRows::erase(const std::string& group_id) { erase_.run(group_id); }

std::optional<GroupRow> GroupRows::find(const std::string& group_id) {
  return store::read_one<GroupRow>(find_.query(group_id));
}

std::optional<GroupRow> GroupRows::find_named(const std::string& vpc_id, const std::string& name) {
  return store::read_one<GroupRow>(find_named_.query(vpc_id, name));
}

std::vector<GroupRow> GroupRows::by_id(const std::string& region, const store::Stretch& stretch) {
  return store::read_all<GroupRow>(by_id_.query(region, stretch.after, stretch.most));
}

std::vector<GroupRow> GroupRows::of_vpc(const std::string& vpc_id) {
  return store::read_all<GroupRow>(of_vpc_.query(vpc_id));
}

std::vector<GroupRow> GroupRows::all() { return store::read_all<GroupRow>(all_.query()); }

std::int64_t GroupRows::count(const std::string& region) {
  return store::read_count(count_.query(region));
}

void GroupRows::insert_rule(const GroupRuleRow& row) { store::run_row(insert_rule_, row); }

void GroupRows::update_rule(const GroupRuleRow& row) {
  update_rule_.run(row.rule_id, row.protocol, row.from_port, row.to_port, row.peer_kind, row.peer,
                   row.description, row.peer_vpc);
}

void GroupRows::erase_rule(const std::string& rule_id) { erase_rule_.run(rule_id); }

std::optional<GroupRuleRow> GroupRows::find_rule(const std::string& rule_id) {
  return store::read_one<GroupRuleRow>(find_rule_.query(rule_id));
}

std::vector<GroupRuleRow> GroupRows::rules(const std::string& group_id) {
  return store::read_all<GroupRuleRow>(rules_.query(group_id));
}

std::vector<GroupRuleRow> GroupRows::rules_by_id(const std::string& region,
                                                 const store::Stretch& stretch) {
  return store::read_all<GroupRuleRow>(rules_by_id_.query(region, stretch.after, stretch.most));
}

std::vector<GroupRuleRow> GroupRows::rules_of_region(const std::string& region) {
  return store::read_all<GroupRuleRow>(rules_of_region_.query(region));
}

std::vector<GroupRuleRow> GroupRows::rules_naming(const std::string& group_id) {
  return store::read_all<GroupRuleRow>(rules_naming_.query(group_id));
}

bool GroupRows::in_use(const std::string& group_id) {
  return store::read_count(in_use_.query(group_id)) != 0;
}

bool GroupRows::referenced_by_other(const std::string& group_id) {
  return store::read_count(referenced_.query(group_id)) != 0;
}

}  // namespace enibox::ec2
