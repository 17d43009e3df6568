#include <ctime>
#include <map>

#include "emulator/ec2/describe.hpp"
#include "emulator/ec2/handlers.hpp"
#include "emulator/ec2/instance.hpp"
#include "emulator/ec2/instance_filters.hpp"

namespace enibox::ec2::op {
namespace {

constexpr FilterField kStatusFilters[] = {
    {"availability-zone", "AvailabilityZone"},
    {"availability-zone-id", "AvailabilityZoneId"},
    {"event.code", "Events[].Code"},
    {"event.description", "Events[].Description"},
    {"event.instance-event-id", "Events[].InstanceEventId"},
    {"event.not-after", "Events[].NotAfter"},
    {"event.not-before", "Events[].NotBefore"},
    {"event.not-before-deadline", "Events[].NotBeforeDeadline"},
    {"instance-state-code", "InstanceState.Code"},
    {"instance-state-name", "InstanceState.Name"},
    {"instance-status.reachability", "InstanceStatus.Details[].Status"},
    {"instance-status.status", "InstanceStatus.Status"},
    {"system-status.reachability", "SystemStatus.Details[].Status"},
    {"system-status.status", "SystemStatus.Status"},
};

// All of them, or the error that names every missing one.
std::vector<InstanceRow> wanted_instances(Ec2State& ec2, const std::string& region,
                                          const std::vector<std::string>& ids) {
  std::vector<InstanceRow> rows;
  std::vector<std::string> missing_ids;
  for (const auto& id : ids) {
    check_id("i", id);
    auto row = ec2.instances.find(id);
    if (row && row->region == region) {
      rows.push_back(*std::move(row));
    } else {
      missing_ids.push_back(id);
    }
  }
  if (missing_ids.empty()) return rows;
  if (missing_ids.size() == 1) throw instance_not_found(missing_ids.front());
  std::string names;
  for (const auto& id : missing_ids) names += (names.empty() ? "" : ", ") + id;
  throw AwsError("InvalidInstanceID.NotFound", "The instance IDs '" + names + "' do not exist");
}

// The rows a Describe is about: by id, by a filter on an indexed column, or the region's.
std::vector<InstanceRow> described(Ec2State& ec2, const std::string& region, const Json& in) {
  const auto ids = wanted_ids(in, "InstanceIds");
  if (!ids.empty()) return wanted_instances(ec2, region, ids);
  std::vector<InstanceRow> rows;
  const auto add = [&](InstanceRow row) {
    if (row.region == region) rows.push_back(std::move(row));
  };
  if (const auto values = exact_values(in, "instance-id")) {
    for (const auto& id : *values) {
      if (auto row = ec2.instances.find(id)) add(*std::move(row));
    }
  } else if (const auto reservations = exact_values(in, "reservation-id")) {
    for (const auto& id : *reservations) {
      for (auto& row : ec2.instances.of_reservation(id)) add(std::move(row));
    }
  } else if (const auto vpcs = exact_values(in, "vpc-id")) {
    for (const auto& id : *vpcs) {
      for (auto& row : ec2.instances.of_vpc(id)) add(std::move(row));
    }
  } else {
    rows = ec2.instances.list(region);
  }
  return rows;
}

std::string user_initiated(std::int64_t unix_ms) {
  const std::time_t seconds = unix_ms / 1000;
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  char text[64];
  std::strftime(text, sizeof text, "User initiated (%Y-%m-%d %H:%M:%S GMT)", &utc);
  return text;
}

constexpr const char* kShutdown = "Client.UserInitiatedShutdown: User initiated shutdown";

struct Change {
  const char* member;  // of the answer
  const char* to;      // the transitional state
  const char* done;    // the state in which there is nothing to do
};

// Moves each instance, unless it is there already, and answers with the states before and after.
Json change_states(Ec2State& ec2, const api::RequestContext& request, const Json& in,
                   const Change& change) {
  if (!in.contains("InstanceIds") || in.at("InstanceIds").empty()) {
    throw bad_combination("No instances specified");
  }
  Json changes = Json::array();
  const bool down = std::string_view(change.to) != "pending";
  for (auto& row : wanted_instances(ec2, request.region, wanted_ids(in, "InstanceIds"))) {
    const auto previous = row.state;
    if (previous != change.done && previous != change.to) {
      if (down) {
        row.transition_reason = user_initiated(ec2.clock.now_ms());
        ec2.instances.update(row);
      }
      move_instance(ec2, row.instance_id, change.to, down ? kShutdown : "");
    }
    changes.push_back({{"InstanceId", row.instance_id},
                       {"PreviousState", state_json(previous)},
                       {"CurrentState", state_json(ec2.instances.find(row.instance_id)->state)}});
  }
  return {{change.member, std::move(changes)}};
}

Json status_json(const InstanceRow& row) {
  const bool running = row.state == "running";
  const Json summary = {{"Status", running ? "ok" : "not-applicable"},
                        {"Details", running ? Json{{{"Name", "reachability"}, {"Status", "passed"}}}
                                            : Json::array()}};
  return {{"AvailabilityZone", row.availability_zone},
          {"InstanceId", row.instance_id},
          {"InstanceState", state_json(row.state)},
          {"InstanceStatus", summary},
          {"SystemStatus", summary}};
}

// By the order of their first instances.
std::vector<Json> reservations_json(Ec2State& ec2, const std::vector<InstanceRow>& rows) {
  std::vector<Json> reservations;
  std::map<std::string, std::size_t> places;
  for (const auto& row : rows) {
    const auto [place, fresh] = places.emplace(row.reservation_id, reservations.size());
    if (fresh) {
      reservations.push_back({{"ReservationId", row.reservation_id},
                              {"OwnerId", ec2.account_id},
                              {"Groups", Json::array()},
                              {"Instances", Json::array()}});
    }
    reservations[place->second]["Instances"].push_back(instance_json(ec2, row));
  }
  return reservations;
}

}  // namespace

Json describe_instances(Ec2State& ec2, const api::RequestContext& request, const Json& in) {
  forget_terminated(ec2);
  const auto ids = wanted_ids(in, "InstanceIds");
  if (!ids.empty() && in.contains("MaxResults")) {
    throw bad_combination(
        "The parameter instancesSet cannot be used with the parameter maxResults");
  }
  const Described what{"Reservations", "ReservationId", {}, instance_filters()};
  if (ids.empty() && asks_for_page(in)) {
    return describe_page(
        request, in, what,
        [&](const store::Stretch& stretch) {
          std::vector<Keyed> items;
          for (const auto& id : ec2.instances.reservation_ids(request.region, stretch)) {
            auto rows = reservations_json(ec2, ec2.instances.of_reservation(id));
            items.push_back({id, rows.empty() ? Json() : std::move(rows.front())});
          }
          return items;
        },
        "Instances");
  }
  Described found = what;
  found.items = reservations_json(ec2, described(ec2, request.region, in));
  return describe_nested(request, in, std::move(found), "Instances");
}

Json describe_instance_status(Ec2State& ec2, const api::RequestContext& request, const Json& in) {
  const bool all = in.value("IncludeAllInstances", false);
  const auto ids = wanted_ids(in, "InstanceIds");
  const auto json = [&](const InstanceRow& row) {
    return all || row.state == "running" ? status_json(row) : Json();
  };
  Described what{"InstanceStatuses", "InstanceId", {}, kStatusFilters};
  if (ids.empty() && asks_for_page(in)) {
    return describe_page(request, in, what, [&](const store::Stretch& stretch) {
      std::vector<Keyed> items;
      for (const auto& row : ec2.instances.by_id(request.region, stretch)) {
        items.push_back({row.instance_id, json(row)});
      }
      return items;
    });
  }
  const auto rows =
      ids.empty() ? ec2.instances.list(request.region) : wanted_instances(ec2, request.region, ids);
  for (const auto& row : rows) {
    if (auto item = json(row); !item.is_null()) what.items.push_back(std::move(item));
  }
  return describe(request, in, std::move(what));
}

Json start_instances(Ec2State& ec2, const api::RequestContext& request, const Json& in) {
  return change_states(ec2, request, in,
                       {.member = "StartingInstances", .to = "pending", .done = "running"});
}

Json stop_instances(Ec2State& ec2, const api::RequestContext& request, const Json& in) {
  for (const auto& row : wanted_instances(ec2, request.region, wanted_ids(in, "InstanceIds"))) {
    if (!row.disable_api_stop) continue;
    throw AwsError("OperationNotPermitted", "The instance '" + row.instance_id +
                                                "' may not be stopped. Modify its "
                                                "'disableApiStop' instance attribute and try "
                                                "again.");
  }
  return change_states(ec2, request, in,
                       {.member = "StoppingInstances", .to = "stopping", .done = "stopped"});
}

Json terminate_instances(Ec2State& ec2, const api::RequestContext& request, const Json& in) {
  for (const auto& row : wanted_instances(ec2, request.region, wanted_ids(in, "InstanceIds"))) {
    if (!row.disable_api_termination) continue;
    throw AwsError("OperationNotPermitted", "The instance '" + row.instance_id +
                                                "' may not be terminated. Modify its "
                                                "'disableApiTermination' instance attribute and "
                                                "try again.");
  }
  return change_states(
      ec2, request, in,
      {.member = "TerminatingInstances", .to = "shutting-down", .done = "terminated"});
}

Json reboot_instances(Ec2State& ec2, const api::RequestContext& request, const Json& in) {
  for (const auto& row : wanted_instances(ec2, request.region, wanted_ids(in, "InstanceIds"))) {
    if (row.state != "running" && row.state != "pending") {
      throw AwsError("IncorrectInstanceState", "The instance '" + row.instance_id +
                                                   "' is not in a state from which it can be "
                                                   "rebooted.");
    }
    ec2.instance_rebooted(row.instance_id);
  }
  return Json::object();
}

}  // namespace enibox::ec2::op
