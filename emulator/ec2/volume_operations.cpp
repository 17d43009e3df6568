#include "emulator/ec2/describe.hpp"
#include "emulator/ec2/handlers.hpp"
#include "emulator/ec2/instance_options.hpp"
#include "emulator/ec2/tags.hpp"

namespace enibox::ec2 {

void release_volumes(Ec2State& ec2, const std::string& instance_id) {
  for (auto row : ec2.volumes.of_instance(instance_id)) {
    if (row.delete_on_termination) {
      ec2.tags.erase_all(row.volume_id);
      ec2.volumes.erase(row.volume_id);
      continue;
    }
    row.instance_id.clear();
    ec2.volumes.update(row);
  }
}

namespace op {
namespace {

constexpr FilterField kVolumeFilters[] = {
    {"attachment.attach-time", "Attachments[].AttachTime"},
    {"attachment.delete-on-termination", "Attachments[].DeleteOnTermination"},
    {"attachment.device", "Attachments[].Device"},
    {"attachment.instance-id", "Attachments[].InstanceId"},
    {"attachment.status", "Attachments[].State"},
    {"availability-zone", "AvailabilityZone"},
    {"create-time", "CreateTime"},
    {"encrypted", "Encrypted"},
    {"multi-attach-enabled", "MultiAttachEnabled"},
    {"size", "Size"},
    {"snapshot-id", "SnapshotId"},
    {"status", "State"},
    {"volume-id", "VolumeId"},
    {"volume-type", "VolumeType"},
};
constexpr FilterField kStatusFilters[] = {
    {"availability-zone", "AvailabilityZone"},
    {"volume-status.status", "VolumeStatus.Status"},
};

VolumeRow require_volume(Ec2State& ec2, const std::string& region, const std::string& id) {
  check_id("vol", id);
  const auto row = ec2.volumes.find(id);
  if (!row || row->region != region) throw volume_not_found(id);
  return *row;
}

Json volume_json(Ec2State& ec2, const VolumeRow& row) {
  Json json = {{"VolumeId", row.volume_id},
               {"AvailabilityZone", row.availability_zone},
               {"Size", row.size_gib},
               {"SnapshotId", row.snapshot_id},
               {"State", row.instance_id.empty() ? "available" : "in-use"},
               {"CreateTime", aws_seconds(row.created_ms)},
               {"VolumeType", row.volume_type},
               {"Encrypted", row.encrypted},
               {"MultiAttachEnabled", false},
               {"Attachments", Json::array()},
               {"Tags", tags_json(ec2, row.volume_id)}};
  if (row.iops != 0) json["Iops"] = row.iops;
  if (row.throughput != 0) json["Throughput"] = row.throughput;
  if (!row.kms_key_id.empty()) json["KmsKeyId"] = row.kms_key_id;
  if (row.instance_id.empty()) return json;
  json["Attachments"].push_back({{"VolumeId", row.volume_id},
                                 {"InstanceId", row.instance_id},
                                 {"Device", row.device_name},
                                 {"State", "attached"},
                                 {"AttachTime", aws_seconds(row.created_ms)},
                                 {"DeleteOnTermination", row.delete_on_termination}});
  return json;
}

template <typename ToJson>
Json describe_volume_rows(Ec2State& ec2, const api::RequestContext& request, const Json& in,
                          const Described& what, ToJson json) {
  constexpr auto kId = &VolumeRow::volume_id;
  std::vector<VolumeRow> rows;
  for (const auto& id : wanted_ids(in, "VolumeIds")) {
    rows.push_back(require_volume(ec2, request.region, id));
  }
  if (!rows.empty()) return describe_rows(request, in, what, rows, json);
  const Source<VolumeRow> source = {
      .id = kId,
      .made_ms = &VolumeRow::created_ms,
      .all = [&](const auto& stretch) { return ec2.volumes.by_id(request.region, stretch); },
      .indexes = {
          index_of<VolumeRow>(
              "volume-id", [&](const auto& id) { return ec2.volumes.find(id); }, kId),
          small_index<VolumeRow>(
              "attachment.instance-id", [&](const auto& id) { return ec2.volumes.of_instance(id); },
              kId),
      }};
  return describe_source(request, in, what, source, json);
}

}  // namespace

Json describe_volumes(Ec2State& ec2, const api::RequestContext& request, const Json& in) {
  return describe_volume_rows(ec2, request, in, {"Volumes", "VolumeId", {}, kVolumeFilters},
                              [&](const VolumeRow& row) { return volume_json(ec2, row); });
}

Json describe_volume_status(Ec2State& ec2, const api::RequestContext& request, const Json& in) {
  const auto json = [](const VolumeRow& row) -> Json {
    return {{"VolumeId", row.volume_id},
            {"AvailabilityZone", row.availability_zone},
            {"Actions", Json::array()},
            {"Events", Json::array()},
            {"VolumeStatus",
             {{"Status", "ok"},
              {"Details",
               {{{"Name", "io-enabled"}, {"Status", "passed"}},
                {{"Name", "io-performance"}, {"Status", "not-applicable"}}}}}}};
  };
  return describe_volume_rows(ec2, request, in, {"VolumeStatuses", "VolumeId", {}, kStatusFilters},
                              json);
}

Json delete_volume(Ec2State& ec2, const api::RequestContext& request, const Json& in) {
  const auto row = require_volume(ec2, request.region, in.at("VolumeId"));
  if (!row.instance_id.empty()) {
    throw AwsError("VolumeInUse",
                   "Volume " + row.volume_id + " is currently attached to " + row.instance_id);
  }
  ec2.tags.erase_all(row.volume_id);
  ec2.volumes.erase(row.volume_id);
  return Json::object();
}

}  // namespace op
}  // namespace enibox::ec2
