#include <algorithm>
#include <utility>

#include "emulator/ec2/describe.hpp"
#include "emulator/ec2/handlers.hpp"
#include "emulator/ec2/tags.hpp"
#include "emulator/ec2/vpc.hpp"
#include "emulator/ids.hpp"
#include "emulator/vpc/cidr.hpp"

namespace enibox::ec2::op {
namespace {

constexpr FilterField kAclFilters[] = {
    {"association.association-id", "Associations[].NetworkAclAssociationId"},
    {"association.network-acl-id", "Associations[].NetworkAclId"},
    {"association.subnet-id", "Associations[].SubnetId"},
    {"default", "IsDefault"},
    {"entry.cidr", "Entries[].CidrBlock"},
    {"entry.icmp.code", "Entries[].IcmpTypeCode.Code"},
    {"entry.icmp.type", "Entries[].IcmpTypeCode.Type"},
    {"entry.ipv6-cidr", "Entries[].Ipv6CidrBlock"},
    {"entry.port-range.from", "Entries[].PortRange.From"},
    {"entry.port-range.to", "Entries[].PortRange.To"},
    {"entry.protocol", "Entries[].Protocol"},
    {"entry.rule-action", "Entries[].RuleAction"},
    {"entry.egress", "Entries[].Egress"},
    {"entry.rule-number", "Entries[].RuleNumber"},
    {"network-acl-id", "NetworkAclId"},
    {"owner-id", "OwnerId"},
    {"vpc-id", "VpcId"},
};

AclRow require_acl(Ec2State& ec2, const std::string& region, const std::string& id) {
  check_id("acl", id);
  const auto row = ec2.acls.find(id);
  if (!row || row->region != region) throw network_acl_not_found(id);
  return *row;
}

Json entry_json(const AclEntryRow& row) {
  Json json = {{"RuleNumber", row.rule_number},
               {"Egress", row.egress},
               {"Protocol", row.protocol},
               {"RuleAction", row.rule_action}};
  if (row.cidr) json["CidrBlock"] = *row.cidr;
  if (row.cidr6) json["Ipv6CidrBlock"] = *row.cidr6;
  if (row.icmp_type) {
    json["IcmpTypeCode"] = {{"Type", *row.icmp_type}, {"Code", row.icmp_code.value_or(-1)}};
  }
  if (row.from_port) {
    json["PortRange"] = {{"From", *row.from_port}, {"To", row.to_port.value_or(*row.from_port)}};
  }
  return json;
}

Json acl_json(Ec2State& ec2, const AclRow& row) {
  Json associations = Json::array();
  for (const auto& each : ec2.acls.associations(row.acl_id)) {
    associations.push_back({{"NetworkAclAssociationId", each.association_id},
                            {"NetworkAclId", row.acl_id},
                            {"SubnetId", each.subnet_id}});
  }
  Json entries = Json::array();
  for (const auto& each : ec2.acls.entries(row.acl_id)) entries.push_back(entry_json(each));
  return {{"NetworkAclId", row.acl_id},
          {"VpcId", row.vpc_id},
          {"OwnerId", ec2.account_id},
          {"IsDefault", row.is_default},
          {"Associations", std::move(associations)},
          {"Entries", std::move(entries)},
          {"Tags", tags_json(ec2, row.acl_id)}};
}

// Protocols are numbers here; clients also send names.
std::string protocol_number(const std::string& text) {
  if (text == "tcp") return "6";
  if (text == "udp") return "17";
  if (text == "icmp") return "1";
  if (text == "icmpv6") return "58";
  if (text == "all") return "-1";
  const bool digits = !text.empty() && text.size() <= 3 &&
                      text.find_first_not_of("0123456789") == std::string::npos;
  if (text == "-1" || (digits && std::stoi(text) <= 255)) return text;
  throw AwsError("InvalidParameterValue",
                 "Invalid value '" + text + "' for IP protocol. Unknown protocol.");
}

AclEntryRow wanted_entry(const AclRow& acl, const Json& in) {
  AclEntryRow row;
  row.acl_id = acl.acl_id;
  row.egress = in.at("Egress");
  row.rule_number = in.at("RuleNumber");
  if (row.rule_number < 1 || row.rule_number > 32766) {
    throw AwsError("InvalidParameterValue", "Rule number must be between 1 and 32766.");
  }
  row.protocol = protocol_number(in.at("Protocol"));
  row.rule_action = in.at("RuleAction");
  const auto cidr = in.value("CidrBlock", in.value("Ipv6CidrBlock", ""));
  const auto block = vpc::Cidr::parse(cidr);
  if (!block) throw invalid_value(cidr, "cidrBlock", "This is not a valid CIDR block.");
  (block->is_v6() ? row.cidr6 : row.cidr) = block->text();
  if (row.protocol == "6" || row.protocol == "17") {
    if (!in.contains("PortRange")) throw missing_parameter("portRange");
    row.from_port = in.at("PortRange").value("From", 0);
    row.to_port = in.at("PortRange").value("To", 65535);
    if (*row.from_port < 0 || *row.to_port > 65535 || *row.from_port > *row.to_port) {
      throw AwsError("InvalidParameterValue", "Invalid port range [" +
                                                  std::to_string(*row.from_port) + ", " +
                                                  std::to_string(*row.to_port) + "]");
    }
  }
  if (row.protocol == "1" || row.protocol == "58") {
    const auto type = in.value("IcmpTypeCode", Json::object());
    row.icmp_type = type.value("Type", -1);
    row.icmp_code = type.value("Code", -1);
  }
  return row;
}

bool has_entry(Ec2State& ec2, const AclEntryRow& wanted) {
  const auto entries = ec2.acls.entries(wanted.acl_id);
  return std::any_of(entries.begin(), entries.end(), [&](const auto& each) {
    return each.egress == wanted.egress && each.rule_number == wanted.rule_number;
  });
}

AwsError no_entry(const AclEntryRow& row) {
  return {"InvalidNetworkAclEntry.NotFound",
          "The specified network acl entry does not exist: rule " +
              std::to_string(row.rule_number) + " of " + row.acl_id};
}

}  // namespace

Json create_network_acl(Ec2State& ec2, const api::RequestContext& request, const Json& in) {
  const auto vpc = ec2.vpc(request.region, in.at("VpcId"));
  const auto row = create_acl(ec2, vpc, false);
  tag_new(ec2, request.region, in, {row.acl_id, "network-acl"});
  return {{"NetworkAcl", acl_json(ec2, row)}};
}

Json delete_network_acl(Ec2State& ec2, const api::RequestContext& request, const Json& in) {
  const auto row = require_acl(ec2, request.region, in.at("NetworkAclId"));
  if (row.is_default) {
    throw AwsError("InvalidParameterValue", "cannot delete default network ACL " + row.acl_id);
  }
  if (!ec2.acls.associations(row.acl_id).empty()) {
    throw in_use("The network ACL '" + row.acl_id + "' has dependencies and cannot be deleted.");
  }
  ec2.tags.erase_all(row.acl_id);
  ec2.acls.erase(row.acl_id);
  ec2.sync.acl_changed(row.acl_id);
  return Json::object();
}

Json describe_network_acls(Ec2State& ec2, const api::RequestContext& request, const Json& in) {
  std::vector<Json> items;
  const auto ids = wanted_ids(in, "NetworkAclIds");
  for (const auto& id : ids) items.push_back(acl_json(ec2, require_acl(ec2, request.region, id)));
  if (ids.empty()) {
    for (const auto& row : ec2.acls.list(request.region)) items.push_back(acl_json(ec2, row));
  }
  return describe(request, in, {"NetworkAcls", "NetworkAclId", std::move(items), kAclFilters});
}

Json create_network_acl_entry(Ec2State& ec2, const api::RequestContext& request, const Json& in) {
  const auto acl = require_acl(ec2, request.region, in.at("NetworkAclId"));
  const auto row = wanted_entry(acl, in);
  if (has_entry(ec2, row)) {
    throw AwsError("NetworkAclEntryAlreadyExists", "The network acl entry identified by " +
                                                       std::to_string(row.rule_number) +
                                                       " already exists.");
  }
  const auto entries = ec2.acls.entries(acl.acl_id);
  const auto count = std::count_if(entries.begin(), entries.end(), [&](const auto& each) {
    return each.egress == row.egress && each.rule_number <= 32766;
  });
  if (count >= ec2.quotas.acl_rules_per_direction) {
    throw AwsError("NetworkAclEntryLimitExceeded",
                   "The maximum number of network acl entries has been reached.");
  }
  ec2.acls.put_entry(row);
  ec2.sync.acl_changed(row.acl_id);
  return Json::object();
}

Json replace_network_acl_entry(Ec2State& ec2, const api::RequestContext& request, const Json& in) {
  const auto row = wanted_entry(require_acl(ec2, request.region, in.at("NetworkAclId")), in);
  if (!has_entry(ec2, row)) throw no_entry(row);
  ec2.acls.put_entry(row);
  ec2.sync.acl_changed(row.acl_id);
  return Json::object();
}

Json delete_network_acl_entry(Ec2State& ec2, const api::RequestContext& request, const Json& in) {
  const auto acl = require_acl(ec2, request.region, in.at("NetworkAclId"));
  AclEntryRow row;
  row.acl_id = acl.acl_id;
  row.egress = in.at("Egress");
  row.rule_number = in.at("RuleNumber");
  if (row.rule_number > 32766 ||
      ec2.acls.erase_entry(row.acl_id, row.egress, row.rule_number) == 0) {
    throw no_entry(row);
  }
  ec2.sync.acl_changed(row.acl_id);
  return Json::object();
}

Json replace_network_acl_association(Ec2State& ec2, const api::RequestContext& request,
                                     const Json& in) {
  const std::string id = in.at("AssociationId");
  auto row = ec2.acls.find_association(id);
  if (!row) throw association_not_found(id);
  const auto acl = require_acl(ec2, request.region, in.at("NetworkAclId"));
  if (ec2.subnet(request.region, row->subnet_id).vpc_id != acl.vpc_id) {
    throw AwsError("InvalidParameterValue", "network acl " + acl.acl_id + " and subnet " +
                                                row->subnet_id + " belong to different networks");
  }
  row->association_id = ec2_id("aclassoc");
  const auto before = std::exchange(row->acl_id, acl.acl_id);
  ec2.acls.associate(*row);
  ec2.sync.acl_changed(acl.acl_id);  // takes the subnet from the other at once
  ec2.sync.acl_changed(before);
  return {{"NewAssociationId", row->association_id}};
}

}  // namespace enibox::ec2::op
