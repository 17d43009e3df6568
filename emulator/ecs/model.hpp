#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "api/json.hpp"

// The rows of ECS as values. Times are Unix milliseconds, 0 means "not yet".
namespace enibox::ecs {

// Task.lastStatus and desiredStatus (AWS: "Task lifecycle").
namespace status {
inline constexpr const char* kProvisioning = "PROVISIONING";
inline constexpr const char* kPending = "PENDING";
inline constexpr const char* kRunning = "RUNNING";
inline constexpr const char* kStopping = "STOPPING";
inline constexpr const char* kDeprovisioning = "DEPROVISIONING";
inline constexpr const char* kStopped = "STOPPED";
inline constexpr const char* kActive = "ACTIVE";
inline constexpr const char* kInactive = "INACTIVE";
inline constexpr const char* kDraining = "DRAINING";
}  // namespace status

struct Cluster {
  std::string region, name, status;
  Json settings, configuration, capacity_providers, default_strategy, service_connect;
};

struct TaskDefinition {
  std::string region, family, status;
  std::int64_t revision = 0;
  Json definition;  // the TaskDefinition shape without `status`
};

struct ContainerInstance {
  std::string id, region, cluster, ec2_instance_id, status;
  bool agent_connected = true;
  std::int64_t registered_ms = 0, version = 1;
  std::int64_t cpu = 0, memory = 0, max_enis = 0;
  std::string availability_zone, vpc_id;
  Json attributes;    // [{"name":..., "value":...}]
  Json version_info;  // versionInfo
  Json ports;         // what the agent keeps for itself, by "PORTS" and "PORTS_UDP"
};

struct Container {
  std::string task_id;
  std::int64_t position = 0;
  std::string name, arn_id, image, image_digest, image_id;
  bool essential = true;
  std::int64_t cpu = 0, memory = 0, memory_reservation = 0;
  std::string docker_id, docker_name;
  std::int64_t pid_in_host = 0;
  std::string last_status;
  bool has_exit_code = false;
  std::int64_t exit_code = 0;
  std::string reason;
  std::vector<std::string> argv;
  std::int64_t stop_signal = 15;
  std::string health = "UNKNOWN";
  std::int64_t created_ms = 0, started_ms = 0, finished_ms = 0;
};

// The elastic network interface of an awsvpc task. API: Attachment.
struct Attachment {
  std::string id, status;  // PRECREATED, ATTACHING, ATTACHED, DETACHING, DELETED
  std::string subnet_id, eni_id, mac, private_dns_name, address;
};

struct Task {
  std::string id;
  std::int64_t sequence = 0;
  std::string region, cluster, family;
  std::int64_t revision = 0;
  std::string container_instance_id, ec2_instance_id, availability_zone;
  std::string launch_type, group, started_by;
  bool enable_execute_command = false;
  std::string cpu, memory;
  std::int64_t reserved_cpu = 0, reserved_memory = 0;
  Json overrides;
  std::string client_token, request_hash;
  std::string last_status, desired_status;
  std::int64_t version = 1;
  std::int64_t created_ms = 0, connectivity_ms = 0, pull_started_ms = 0, pull_stopped_ms = 0,
               started_ms = 0, stopping_ms = 0, execution_stopped_ms = 0, stopped_ms = 0;
  std::string stop_code, stopped_reason;
  Attachment attachment;       // id empty: the task's network mode is not awsvpc
  std::string bridge_address;  // of ecs-eth0
  std::string pause_docker_id, pause_docker_name;
  std::int64_t pause_pid = 0;

  bool is_awsvpc() const { return !attachment.id.empty(); }
};

}  // namespace enibox::ecs
