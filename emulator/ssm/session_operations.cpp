#include "emulator/ssm/session_operations.hpp"

#include <ctime>

#include "api/wire/paging.hpp"
#include "emulator/clock.hpp"
#include "emulator/ids.hpp"
#include "emulator/ssm/documents.hpp"

namespace enibox::ssm {
namespace {

using api::Answer;
using api::RequestContext;

constexpr api::PageRules kSessionPages{.most = 200,
                                       .standard = 50,
                                       .size_member = "MaxResults",
                                       .token_member = "NextToken",
                                       .descending = true};

// "root" of "arn:aws:iam::111122223333:root": session ids begin with the caller's name.
std::string caller_name(const RequestContext& context) {
  const std::string arn = context.caller_arn();
  return arn.substr(arn.find_last_of(":/") + 1);
}

DocumentParameters parameters_of(const Json& input) {
  const auto found = input.find("Parameters");
  return found == input.end() ? DocumentParameters{} : found->get<DocumentParameters>();
}

Json start_session(SessionManager& sessions, Targets& targets, const RequestContext& context,
                   const Json& input) {
  const std::string target = input.at("Target");
  const std::string document = input.value("DocumentName", kDefaultDocument);
  auto plan = plan_session(document, parameters_of(input));
  const auto place = targets.resolve(context.region, target);
  const auto handle =
      sessions.start({.region = context.region,
                      .session_id = caller_name(context) + "-" + random_hex(17),
                      .target = target,
                      .document = document,
                      .owner_arn = context.caller_arn(),
                      .reason = input.value("Reason", ""),
                      .endpoint_host = context.host,
                      .host_id = place.host_id,
                      .container_id = place.container_id,
                      .argv = plan.argv.empty() ? place.shell : std::move(plan.argv),
                      .user = place.user,
                      .env = {},
                      .properties = std::move(plan.properties)});
  return {{"SessionId", handle.session_id},
          {"TokenValue", handle.token_value},
          {"StreamUrl", handle.stream_url}};
}

Json resume_session(SessionManager& sessions, const RequestContext& context, const Json& input) {
  const std::string session_id = input.at("SessionId");
  const auto handle = sessions.resume(context.region, session_id, context.host);
  if (!handle) return {{"SessionId", session_id}};
  return {{"SessionId", session_id},
          {"TokenValue", handle->token_value},
          {"StreamUrl", handle->stream_url}};
}

Json terminate_session(SessionManager& sessions, const RequestContext& context, const Json& input) {
  const std::string session_id = input.at("SessionId");
  sessions.terminate(context.region, session_id);
  return {{"SessionId", session_id}};
}

std::string iso_time(std::int64_t unix_ms) {
  const std::time_t seconds = static_cast<std::time_t>(unix_ms / 1000);
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
  return text;
}

bool matches(const SessionRow& row, const std::string& key, const std::string& value) {
  if (key == "InvokedAfter") return iso_time(row.start_ms) >= value;
  if (key == "InvokedBefore") return iso_time(row.start_ms) < value;
  if (key == "Target") return row.target == value;
  if (key == "Owner") return row.owner == value;
  if (key == "Status") return row.status == value;
  if (key == "SessionId") return row.session_id == value;
  return key == "AccessType" && value == "Standard";
}

bool matches_all(const SessionRow& row, const Json& filters) {
  for (const auto& filter : filters) {
    if (!matches(row, filter.at("key"), filter.at("value"))) return false;
  }
  return true;
}

Json shape(const SessionRow& row) {
  Json session = {{"SessionId", row.session_id}, {"Target", row.target},
                  {"Status", row.status},        {"StartDate", aws_seconds(row.start_ms)},
                  {"Owner", row.owner},          {"DocumentName", row.document_name},
                  {"AccessType", "Standard"}};
  if (row.end_ms) session["EndDate"] = aws_seconds(*row.end_ms);
  if (!row.reason.empty()) session["Reason"] = row.reason;
  if (!row.details.empty()) session["Details"] = row.details;
  return session;
}

// Newest first.
Json describe_sessions(SessionManager& sessions, const RequestContext& context, const Json& input) {
  const auto page = api::page_of(context, input, kSessionPages);
  auto rows = sessions.rows().list(context.region, input.at("State") == "Active");
  const Json filters = input.value("Filters", Json::array());
  std::erase_if(rows, [&](const SessionRow& row) { return !matches_all(row, filters); });
  const auto next = api::take_page(page, rows, [](const SessionRow& row) {
    return api::page_key(row.start_ms) + row.session_id;
  });
  Json answer = {{"Sessions", Json::array()}};
  for (const auto& row : rows) answer["Sessions"].push_back(shape(row));
  if (next) answer["NextToken"] = *next;
  return answer;
}

Json connection_status(Targets& targets, const RequestContext& context, const Json& input) {
  const std::string target = input.at("Target");
  std::string status = "connected";
  try {
    targets.resolve(context.region, target);
  } catch (const AwsError&) {
    status = "notconnected";
  }
  return {{"Target", target}, {"Status", status}};
}

}  // namespace

bool parse_ecs_target(const std::string& target, EcsTarget& parts) {
  if (!target.starts_with("ecs:")) return false;
  const auto runtime_at = target.rfind('_');
  if (runtime_at == std::string::npos || runtime_at < 5) return false;
  const auto task_at = target.rfind('_', runtime_at - 1);
  if (task_at == std::string::npos || task_at < 5) return false;
  parts = {.cluster = target.substr(4, task_at - 4),
           .task_id = target.substr(task_at + 1, runtime_at - task_at - 1),
           .runtime_id = target.substr(runtime_at + 1)};
  return !parts.task_id.empty() && !parts.runtime_id.empty();
}

void throw_not_connected(const std::string& target) {
  throw AwsError("TargetNotConnected", target + " is not connected.");
}

void add_session_operations(api::Service& ssm, SessionManager& sessions, Targets& targets) {
  auto& operations = ssm.operations;
  operations["StartSession"] = [&](const RequestContext& context, const Json& input) -> Answer {
    return start_session(sessions, targets, context, input);
  };
  operations["ResumeSession"] = [&](const RequestContext& context, const Json& input) -> Answer {
    return resume_session(sessions, context, input);
  };
  operations["TerminateSession"] = [&](const RequestContext& context, const Json& input) -> Answer {
    return terminate_session(sessions, context, input);
  };
  operations["DescribeSessions"] = [&](const RequestContext& context, const Json& input) -> Answer {
    return describe_sessions(sessions, context, input);
  };
  operations["GetConnectionStatus"] = [&](const RequestContext& context,
                                          const Json& input) -> Answer {
    return connection_status(targets, context, input);
  };
}

}  // namespace enibox::ssm
