#include <algorithm>

#include "emulator/ec2/describe.hpp"
#include "emulator/ec2/handlers.hpp"
#include "emulator/ec2/instance.hpp"
#include "emulator/ids.hpp"

namespace enibox::ec2 {

void set_instance_profile(Ec2State& ec2, const Json& wanted, InstanceRow& row) {
  auto name = wanted.value("Name", "");
  if (name.empty()) {
    const auto arn = wanted.value("Arn", "");
    name = arn.substr(arn.rfind('/') + 1);
  }
  if (name.empty() || !ec2.hooks.instance_profile) return;
  std::tie(row.instance_profile_arn, row.instance_profile_id) = ec2.hooks.instance_profile(name);
  auto options = Json::parse(row.options);
  options["ProfileAssociationId"] = ec2_id("iip-assoc");
  row.options = options.dump();
}

namespace op {
namespace {

constexpr FilterField kAssociationFilters[] = {
    {"instance-id", "InstanceId"},
    {"state", "State"},
};

std::string association_id_of(const InstanceRow& row) {
  return Json::parse(row.options).value("ProfileAssociationId", "");
}

Json association_json(const InstanceRow& row, const char* state) {
  return {
      {"AssociationId", association_id_of(row)},
      {"InstanceId", row.instance_id},
      {"IamInstanceProfile", {{"Arn", row.instance_profile_arn}, {"Id", row.instance_profile_id}}},
      {"State", state}};
}

// Instances with a profile; those that are gone have none any more.
std::vector<InstanceRow> associated(std::vector<InstanceRow> rows) {
  std::erase_if(rows, [](const InstanceRow& row) {
    return row.instance_profile_arn.empty() || row.state == "terminated";
  });
  return rows;
}

InstanceRow require_association(Ec2State& ec2, const std::string& region, const std::string& id) {
  for (auto& row : associated(ec2.instances.list(region))) {
    if (association_id_of(row) == id) return std::move(row);
  }
  throw AwsError("InvalidAssociationID.NotFound",
                 "An invalid association-id of '" + id + "' was given");
}

void require_profile(const InstanceRow& row, const Json& wanted) {
  if (!row.instance_profile_arn.empty()) return;
  const auto name = wanted.value("Name", wanted.value("Arn", ""));
  throw AwsError("InvalidParameterValue",
                 "Value (" + name +
                     ") for parameter iamInstanceProfile.name is invalid. Invalid "
                     "IAM Instance Profile name");
}

}  // namespace

Json associate_iam_instance_profile(Ec2State& ec2, const api::RequestContext& request,
                                    const Json& in) {
  auto row = ec2.instance(request.region, in.at("InstanceId"));
  if (!row.instance_profile_arn.empty()) {
    throw AwsError("IncorrectState",
                   "There is an existing association for instance " + row.instance_id);
  }
  if (row.state == "terminated" || row.state == "shutting-down") {
    throw AwsError("IncorrectInstanceState", "The instance '" + row.instance_id +
                                                 "' is not in the 'running' or 'stopped' state");
  }
  set_instance_profile(ec2, in.at("IamInstanceProfile"), row);
  require_profile(row, in.at("IamInstanceProfile"));
  ec2.instances.update(row);
  ec2.instance_changed(row.instance_id);
  return {{"IamInstanceProfileAssociation", association_json(row, "associating")}};
}

Json disassociate_iam_instance_profile(Ec2State& ec2, const api::RequestContext& request,
                                       const Json& in) {
  auto row = require_association(ec2, request.region, in.at("AssociationId"));
  const auto answer = association_json(row, "disassociating");
  row.instance_profile_arn.clear();
  row.instance_profile_id.clear();
  ec2.instances.update(row);
  ec2.instance_changed(row.instance_id);
  return {{"IamInstanceProfileAssociation", answer}};
}

Json replace_iam_instance_profile_association(Ec2State& ec2, const api::RequestContext& request,
                                              const Json& in) {
  auto row = require_association(ec2, request.region, in.at("AssociationId"));
  row.instance_profile_arn.clear();
  set_instance_profile(ec2, in.at("IamInstanceProfile"), row);
  require_profile(row, in.at("IamInstanceProfile"));
  ec2.instances.update(row);
  ec2.instance_changed(row.instance_id);
  return {{"IamInstanceProfileAssociation", association_json(row, "associating")}};
}

Json describe_iam_instance_profile_associations(Ec2State& ec2, const api::RequestContext& request,
                                                const Json& in) {
  std::vector<InstanceRow> rows;
  const auto ids = wanted_ids(in, "AssociationIds");
  for (const auto& id : ids) rows.push_back(require_association(ec2, request.region, id));
  if (ids.empty()) {
    if (const auto instances = exact_values(in, "instance-id")) {
      for (const auto& id : *instances) {
        auto row = ec2.instances.find(id);
        if (row && row->region == request.region) rows.push_back(*std::move(row));
      }
    } else {
      rows = ec2.instances.list(request.region);
    }
  }
  std::vector<Json> items;
  for (const auto& row : associated(std::move(rows))) {
    items.push_back(association_json(row, "associated"));
  }
  return describe(
      request, in,
      {"IamInstanceProfileAssociations", "AssociationId", std::move(items), kAssociationFilters});
}

}  // namespace op
}  // namespace enibox::ec2
