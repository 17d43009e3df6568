#include "emulator/containers/records.hpp"

#include "emulator/containers/files.hpp"

namespace enibox::containers {
namespace {

Json to_json(const netns::ProcessIdentity& p) {
  return {{"pid", p.pid},
          {"start_time", p.start_time},
          {"boot_id", p.boot_id},
          {"pid_namespace", p.pid_namespace}};
}

netns::ProcessIdentity identity_from(const Json& json) {
  netns::ProcessIdentity out;
  out.pid = json.at("pid");
  out.start_time = json.at("start_time");
  out.boot_id = json.at("boot_id");
  out.pid_namespace = json.at("pid_namespace");
  return out;
}

template <typename Fill>
bool read(const std::string& path, const Fill& fill) {
  const auto json = read_json(path);
  if (!json) return false;
  try {
    fill(*json);
    return true;
  } catch (const Json::exception&) {
    return false;
  }
}

}  // namespace

void write_record(const Host& host) {
  const Json json{{"process", to_json(host.init.identity)}, {"hostname", host.hostname}};
  replace_file(host.layout.record(), json.dump());
}

bool read_record(Host& host) {
  return read(host.layout.record(), [&](const Json& json) {
    host.init = find_process(identity_from(json.at("process")));
    host.hostname = json.at("hostname");
  });
}

void write_record(const Pod& pod) {
  const Json json{{"process", to_json(pod.pause.identity)},
                  {"container_id", pod.container_id},
                  {"pid_in_host", pod.pid_in_host},
                  {"hostname", pod.hostname}};
  replace_file(pod.host->layout.pod_record(pod.id), json.dump());
}

bool read_record(Pod& pod) {
  return read(pod.host->layout.pod_record(pod.id), [&](const Json& json) {
    pod.pause = find_process(identity_from(json.at("process")));
    pod.container_id = json.at("container_id");
    pod.pid_in_host = json.at("pid_in_host");
    pod.hostname = json.at("hostname");
  });
}

void write_record(const Container& container) {
  const Json json{{"process", to_json(container.init.identity)},
                  {"pod", container.pod_id},
                  {"pid_in_host", container.pid_in_host},
                  {"env", container.env},
                  {"tty", container.tty}};
  replace_file(container.host->layout.container_record(container.id), json.dump());
}

bool read_record(Container& container) {
  return read(container.host->layout.container_record(container.id), [&](const Json& json) {
    container.init = find_process(identity_from(json.at("process")));
    container.pod_id = json.at("pod");
    container.pid_in_host = json.at("pid_in_host");
    container.env = json.at("env").get<std::vector<std::string>>();
    container.tty = json.at("tty");
  });
}

}  // namespace enibox::containers
