#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "emulator/vpc/cidr.hpp"
#include "emulator/vpc/flow_reading.hpp"

// A flow log's record as text. Pure. AWS: VPC User Guide, "Flow log records".
namespace enibox::flow_logs {

inline constexpr const char* kDefaultFormat =
    "${version} ${account-id} ${interface-id} ${srcaddr} ${dstaddr} ${srcport} ${dstport} "
    "${protocol} ${packets} ${bytes} ${start} ${end} ${action} ${log-status}";

// What is known of an interface apart from its traffic; empty where it does not apply.
struct EniFacts {
  std::string account_id, region, vpc_id, subnet_id, eni_id, instance_id, zone_id;
  // the task it belongs to
  std::string cluster_arn, cluster_name, container_instance_arn, container_instance_id;
  std::string container_id, second_container_id, service_name, task_definition_arn, task_arn,
      task_id;
  // Where its subnet's routes lead, longest prefix first, with AWS's number of the path.
  struct Path {
    vpc::Cidr destination;
    int number = 0;  // 0: none
  };
  std::vector<Path> paths;
};

// One direction of a flow at one interface in one stretch of time.
struct FlowRecord {
  vpc::FlowTuple tuple;  // as the packets say
  // As the record says: the interface's own address stands for any other one on its side.
  std::uint32_t source = 0, destination = 0;
  bool egress = false;
  bool accepted = true;
  std::uint64_t packets = 0, bytes = 0;
  std::uint8_t tcp_flags = 0;
  std::int64_t start_s = 0, end_s = 0;
};

enum class LogStatus { kOk, kNoData, kSkipData };

class Format {
 public:
  // Throws AwsError InvalidParameter for what is no list of known fields.
  static Format parse(const std::string& text);

  // Without `record` (NODATA, SKIPDATA) the traffic's fields are "-".
  struct Line {
    const EniFacts& eni;
    const FlowRecord* record = nullptr;
    LogStatus status = LogStatus::kOk;
    std::int64_t start_s = 0, end_s = 0;
  };
  std::string line(const Line& what) const;
  // The fields' names, as the first line of a file.
  std::string header() const;
  // The highest version that has one of the fields.
  int version() const { return version_; }
  bool has(std::string_view field) const;

  struct Field {
    std::string_view name;
    int version;
    std::string (*text)(const Line& what);  // none: the version itself
  };

 private:
  std::vector<const Field*> fields_;
  int version_ = 2;
};

}  // namespace enibox::flow_logs
