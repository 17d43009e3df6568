#include "emulator/cli/registry.hpp"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "emulator/cli/paths.hpp"

namespace enibox::cli {

namespace {

using nlohmann::json;

json encode(const netns::ProcessIdentity& process) {
  return {{"pid", process.pid},
          {"startTime", process.start_time},
          {"bootId", process.boot_id},
          {"pidNamespace", process.pid_namespace}};
}

netns::ProcessIdentity decode_process(const json& value) {
  return {value.at("pid").get<pid_t>(), value.at("startTime").get<std::uint64_t>(),
          value.at("bootId").get<std::string>(), value.at("pidNamespace").get<std::uint64_t>()};
}

// FNV-1a: the same data dir must give the same file name in every version of the program.
std::string hash(std::string_view text) {
  std::uint64_t value = 14695981039346656037ULL;
  for (const char c : text) {
    value = (value ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  }
  char digits[17];
  std::snprintf(digits, sizeof digits, "%016llx", static_cast<unsigned long long>(value));
  return digits;
}

// Of pids of another pid namespace nothing can be known from here: a user's containers may share a
// directory.
bool is_foreign(const Running& running) {
  const auto self = netns::identify_process(::getpid());
  return self && running.porter.boot_id == self->boot_id &&
         running.porter.pid_namespace != self->pid_namespace;
}

}  // namespace

std::string Running::describe() const {
  std::string text = data_dir ? "data dir " + *data_dir : "ephemeral";
  for (const std::string& address : listen) text += ", http://" + address;
  if (daemon_lives()) return text + ", pid " + std::to_string(porter.pid);
  return text + ", no daemon";
}

std::string to_json(const Running& running) {
  json value{{"listen", running.listen},         {"porter", encode(running.porter)},
             {"init", encode(running.box.init)}, {"userNamespace", running.box.user_namespace},
             {"stateDir", running.state_dir},    {"cgroupOrigin", running.cgroup_origin}};
  if (running.data_dir) value["dataDir"] = *running.data_dir;
  return value.dump(2) + "\n";
}

std::optional<Running> running_from_json(std::string_view text) {
  try {
    const json value = json::parse(text);
    Running running;
    if (value.contains("dataDir")) running.data_dir = value["dataDir"].get<std::string>();
    running.listen = value.at("listen").get<std::vector<std::string>>();
    running.porter = decode_process(value.at("porter"));
    running.box.init = decode_process(value.at("init"));
    running.box.user_namespace = value.at("userNamespace").get<bool>();
    running.state_dir = value.at("stateDir").get<std::string>();
    running.cgroup_origin = value.at("cgroupOrigin").get<std::string>();
    return running;
  } catch (const json::exception&) {
    return std::nullopt;
  }
}

std::string Registry::file_of(const Running& running) const {
  const std::string key = running.data_dir
                              ? *running.data_dir
                              : "ephemeral " + std::to_string(running.porter.pid_namespace) + " " +
                                    std::to_string(running.porter.pid);
  return directory_ + "/" + hash(key) + ".json";
}

void Registry::put(const Running& running) const {
  make_directories(directory_);
  replace_file(file_of(running), to_json(running));
}

void Registry::remove(const Running& running) const {
  ::unlink(file_of(running).c_str());
  // The last one leaves nothing behind; with other entries in it the directory stays.
  ::rmdir(directory_.c_str());
}

std::vector<Running> Registry::list() const {
  std::vector<std::string> files;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(directory_, error)) {
    if (entry.path().extension() == ".json") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  std::vector<Running> found;
  for (const std::string& file : files) {
    const auto running = running_from_json(netns::read_small_file(file).value_or(""));
    if (running && is_foreign(*running)) continue;
    if (running && (running->daemon_lives() || running->box_lives())) {
      found.push_back(*running);
    } else {
      ::unlink(file.c_str());
    }
  }
  if (found.empty()) ::rmdir(directory_.c_str());
  return found;
}

}  // namespace enibox::cli
