#include "emulator/why.hpp"

#include <map>

#include "api/error.hpp"
#include "emulator/reachability/question.hpp"
#include "emulator/reachability/report.hpp"

namespace enibox {
namespace {

using api::http::json_response;

constexpr std::size_t kTaskIdSize = 32;

// The id in a task's id or ARN; empty: it is neither.
std::string task_id_of(const std::string& name) {
  const auto id = name.substr(name.rfind('/') + 1);
  if (name.starts_with("arn:")) return name.find(":task/") == std::string::npos ? "" : id;
  const bool hex = id.find_first_not_of("0123456789abcdef") == std::string::npos;
  return hex && id.size() == kTaskIdSize ? id : "";
}

// A task stands for its interface; what is no task stays what it is.
std::string place_named(ecs::Ecs& ecs, const std::string& name) {
  const auto id = task_id_of(name);
  if (id.empty()) return name;
  const auto task = ecs.tasks.find(id);
  if (!task) throw AwsError("InvalidParameterValue", "There is no task " + id + ".");
  if (task->attachment.eni_id.empty() || task->last_status == "STOPPED") {
    throw AwsError("InvalidParameterValue",
                   "Task " + id + " is " + task->last_status + ": it has no interface.");
  }
  return task->attachment.eni_id;
}

int protocol_of(const std::string& name) {
  for (const int protocol : {reachability::kTcp, reachability::kUdp, reachability::kIcmp})
    if (reachability::protocol_name(protocol) == name) return protocol;
  throw AwsError("InvalidParameterValue", "Protocol is tcp, udp or icmp, not '" + name + "'.");
}

reachability::Question question_of(ecs::Ecs& ecs, const Json& body) {
  reachability::Question question{.source = place_named(ecs, body.at("Source")),
                                  .destination = place_named(ecs, body.at("Destination")),
                                  .vpc_id = body.value("VpcId", ""),
                                  .protocol = protocol_of(body.value("Protocol", "tcp")),
                                  .port = std::nullopt};
  if (question.protocol == reachability::kIcmp) return question;
  const int port = body.at("Port");
  if (port < 1 || port > 65535)
    throw AwsError("InvalidParameterValue",
                   "Port is 1 to 65535, not " + std::to_string(port) + ".");
  question.port = port;
  return question;
}

void name_tasks(ecs::Ecs& ecs, Json& steps) {
  std::map<std::string, std::string> task_of;  // by interface
  for (const auto& task : ecs.tasks.unfinished()) task_of[task.attachment.eni_id] = task.id;
  for (auto& step : steps) {
    if (step["Kind"] != "network-interface") continue;
    const auto task = task_of.find(step["ComponentId"].get<std::string>());
    if (task != task_of.end()) step["TaskId"] = task->second;
  }
}

}  // namespace

api::http::Response answer_why(ec2::Ec2Service& ec2, ecs::Ecs& ecs,
                               const api::http::Request& request) {
  try {
    auto answer = reachability::report(ec2.why(question_of(ecs, Json::parse(request.body))));
    for (const char* way : {"Forward", "Back"}) name_tasks(ecs, answer[way]);
    return json_response(answer);
  } catch (const AwsError& error) {
    return json_response({{"code", error.code()}, {"message", error.message()}}, 400);
  } catch (const Json::exception& error) {
    return json_response({{"code", "MalformedInput"}, {"message", error.what()}}, 400);
  }
}

}  // namespace enibox
