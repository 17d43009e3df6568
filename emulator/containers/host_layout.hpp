#pragma once
#include <string>

// Where a host's files are: as the daemon sees them, and as processes in the host do. The host's
// run directory (a private tmpfs) is mounted there on /run/ecs, logs and volumes below that.
//
//   RUN/host.json                what a later daemon must know; see records.hpp
//   RUN/docker.sock              the engine's socket: /var/run/docker.sock in the host
//   RUN/c/ID/                    a container's bundle, conmon's sockets, container.json
//   RUN/pods/ID/                 pod.json, hostname, hosts, resolv.conf
//   RUN/exits/ID                 exit codes, written by conmon
//   RUN/runc/ID/                 runc's own state
//   STATE/disk/{upper,work}      the host's root file system: outlives the host, the rest does not
//   STATE/disk/image             the id of the image below it
//   STATE/c/ID/{upper,work}      a container's
//   STATE/logs/ID.log            its output, and ID.position: how far it was delivered
namespace enibox::containers {

inline constexpr const char* kRunInHost = "/run/ecs";

struct HostLayout {
  std::string run, state;  // RUN and STATE

  std::string disk() const { return state + "/disk"; }
  std::string record() const { return run + "/host.json"; }
  std::string root_mount_point() const { return run + "/root"; }
  std::string exits() const { return run + "/exits"; }
  std::string runc_state(const std::string& id) const { return run + "/runc/" + id; }
  std::string bundle(const std::string& id) const { return run + "/c/" + id; }
  std::string container_record(const std::string& id) const {
    return bundle(id) + "/container.json";
  }
  std::string container_state(const std::string& id) const { return state + "/c/" + id; }
  std::string pod(const std::string& id) const { return run + "/pods/" + id; }
  std::string pod_record(const std::string& id) const { return pod(id) + "/pod.json"; }
  std::string pod_state(const std::string& id) const { return state + "/pods/" + id; }
  std::string logs() const { return state + "/logs"; }
  std::string log(const std::string& id) const { return logs() + "/" + id + ".log"; }
  std::string log_position(const std::string& id) const { return logs() + "/" + id + ".position"; }

  std::string volumes() const { return state + "/volumes"; }

  // What lies in RUN, and STATE's logs/ and volumes/, seen from inside.
  static std::string inside(const std::string& below) {
    return std::string(kRunInHost) + "/" + below;
  }
};

}  // namespace enibox::containers
