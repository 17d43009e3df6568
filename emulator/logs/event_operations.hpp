#pragma once
#include "api/wire/service.hpp"
#include "emulator/logs/log_store.hpp"

// The handlers of events: put, get, filter. Loop thread only.
namespace enibox::logs {

using Handler = Json(LogStore& logs, const api::RequestContext& request, const Json& in);
Handler put_log_events, get_log_events, filter_log_events;
// resource_policy_operations.cpp: kept and shown; nothing is ever denied by a policy
Handler put_resource_policy, describe_resource_policies, delete_resource_policy;

// The group a request names by logGroupName or logGroupIdentifier (a name or an ARN).
std::string group_name_of(const Json& in);

}  // namespace enibox::logs
