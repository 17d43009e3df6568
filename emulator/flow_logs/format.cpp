#include "emulator/flow_logs/format.hpp"

#include <algorithm>

#include "api/error.hpp"

namespace enibox::flow_logs {
namespace {

using Line = Format::Line;

constexpr const char* kNothing = "-";

std::string or_dash(const std::string& text) { return text.empty() ? kNothing : text; }

template <typename Value>
std::string of_record(const Line& what, Value value) {
  return what.record == nullptr ? kNothing : value(*what.record);
}

std::string address(std::uint32_t number) { return vpc::IpAddress::v4(number).text(); }

std::string status_text(LogStatus status) {
  if (status == LogStatus::kOk) return "OK";
  return status == LogStatus::kNoData ? "NODATA" : "SKIPDATA";
}

std::string path_text(const Line& what) {
  if (what.record == nullptr || !what.record->egress) return kNothing;
  const auto destination = vpc::IpAddress::v4(what.record->tuple.destination);
  for (const auto& path : what.eni.paths) {
    if (!path.destination.contains(destination)) continue;
    return path.number == 0 ? kNothing : std::to_string(path.number);
  }
  return kNothing;
}

template <auto Member>
std::string fact(const Line& what) {
  return or_dash(what.eni.*Member);
}
template <auto Member>
std::string number(const Line& what) {
  return of_record(what, [](const FlowRecord& record) { return std::to_string(record.*Member); });
}
template <auto Member>
std::string tuple_number(const Line& what) {
  return of_record(what,
                   [](const FlowRecord& record) { return std::to_string(record.tuple.*Member); });
}
template <auto Member>
std::string own_address(const Line& what) {
  return of_record(what, [](const FlowRecord& record) { return address(record.*Member); });
}
template <auto Member>
std::string packet_address(const Line& what) {
  return of_record(what, [](const FlowRecord& record) { return address(record.tuple.*Member); });
}
std::string none(const Line&) { return kNothing; }
std::string action(const Line& what) {
  return of_record(what,
                   [](const FlowRecord& record) { return record.accepted ? "ACCEPT" : "REJECT"; });
}
std::string direction(const Line& what) {
  return of_record(what,
                   [](const FlowRecord& record) { return record.egress ? "egress" : "ingress"; });
}
std::string family(const Line& what) {
  return of_record(what, [](const FlowRecord&) { return "IPv4"; });
}

using F = EniFacts;
using R = FlowRecord;
using T = vpc::FlowTuple;

// Left out: version 6 and those of version 7 and later that are a transit gateway's.
constexpr Format::Field kFields[] = {
    {"version", 2, nullptr},
    {"account-id", 2, fact<&F::account_id>},
    {"interface-id", 2, fact<&F::eni_id>},
    {"srcaddr", 2, own_address<&R::source>},
    {"dstaddr", 2, own_address<&R::destination>},
    {"srcport", 2, tuple_number<&T::source_port>},
    {"dstport", 2, tuple_number<&T::destination_port>},
    {"protocol", 2, tuple_number<&T::protocol>},
    {"packets", 2, number<&R::packets>},
    {"bytes", 2, number<&R::bytes>},
    {"start", 2, [](const Line& what) { return std::to_string(what.start_s); }},
    {"end", 2, [](const Line& what) { return std::to_string(what.end_s); }},
    {"action", 2, action},
    {"log-status", 2, [](const Line& what) { return status_text(what.status); }},
    {"vpc-id", 3, fact<&F::vpc_id>},
    {"subnet-id", 3, fact<&F::subnet_id>},
    {"instance-id", 3, fact<&F::instance_id>},
    {"tcp-flags", 3, number<&R::tcp_flags>},
    {"type", 3, family},
    {"pkt-srcaddr", 3, packet_address<&T::source>},
    {"pkt-dstaddr", 3, packet_address<&T::destination>},
    {"region", 4, fact<&F::region>},
    {"az-id", 4, fact<&F::zone_id>},
    {"sublocation-type", 4, none},
    {"sublocation-id", 4, none},
    {"pkt-src-aws-service", 5, none},
    {"pkt-dst-aws-service", 5, none},
    {"flow-direction", 5, direction},
    {"traffic-path", 5, path_text},
    {"ecs-cluster-arn", 7, fact<&F::cluster_arn>},
    {"ecs-cluster-name", 7, fact<&F::cluster_name>},
    {"ecs-container-instance-arn", 7, fact<&F::container_instance_arn>},
    {"ecs-container-instance-id", 7, fact<&F::container_instance_id>},
    {"ecs-container-id", 7, fact<&F::container_id>},
    {"ecs-second-container-id", 7, fact<&F::second_container_id>},
    {"ecs-service-name", 7, fact<&F::service_name>},
    {"ecs-task-definition-arn", 7, fact<&F::task_definition_arn>},
    {"ecs-task-arn", 7, fact<&F::task_arn>},
    {"ecs-task-id", 7, fact<&F::task_id>},
    {"reject-reason", 8, none},  // BPA or EC; groups and ACLs have none
};

const Format::Field* find_field(std::string_view name) {
  for (const auto& field : kFields)
    if (field.name == name) return &field;
  return nullptr;
}

}  // namespace

Format Format::parse(const std::string& text) {
  Format format;
  std::size_t at = 0;
  while ((at = text.find_first_not_of(' ', at)) != std::string::npos) {
    const auto end = std::min(text.find(' ', at), text.size());
    const std::string word = text.substr(at, end - at);
    at = end;
    const bool braced = word.size() > 3 && word.starts_with("${") && word.ends_with("}");
    const auto* field = braced ? find_field(word.substr(2, word.size() - 3)) : nullptr;
    if (field == nullptr ||
        std::find(format.fields_.begin(), format.fields_.end(), field) != format.fields_.end()) {
      throw AwsError("InvalidParameter", (field == nullptr ? "Unknown field in LogFormat: "
                                                           : "Duplicate field in LogFormat: ") +
                                             word);
    }
    format.fields_.push_back(field);
    format.version_ = std::max(format.version_, field->version);
  }
  if (format.fields_.empty()) throw AwsError("InvalidParameter", "LogFormat can't be empty.");
  return format;
}

std::string Format::line(const Line& what) const {
  std::string text;
  for (const auto* field : fields_) {
    if (!text.empty()) text += ' ';
    text += field->text == nullptr ? std::to_string(version_) : field->text(what);
  }
  return text;
}

std::string Format::header() const {
  std::string text;
  for (const auto* field : fields_) {
    if (!text.empty()) text += ' ';
    text += field->name;
  }
  return text;
}

bool Format::has(std::string_view name) const {
  return std::any_of(fields_.begin(), fields_.end(),
                     [&](const auto* field) { return field->name == name; });
}

}  // namespace enibox::flow_logs
