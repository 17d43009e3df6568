// The rest of `enibox doctor`: control groups, tools, id ranges, images, the port.
#include <pwd.h>
#include <unistd.h>

#include "emulator/cli/doctor_checks.hpp"
#include "emulator/cli/doctor_probe.hpp"
#include "emulator/cli/paths.hpp"
#include "emulator/cli/registry.hpp"
#include "emulator/containers/image_store.hpp"
#include "netns/cgroup.hpp"
#include "netns/user_namespace.hpp"

namespace enibox::cli {

namespace {

Check tool(const std::string& name, const std::string& package, const std::string& purpose,
           bool is_needed = true) {
  const std::string file = find_program(name);
  const std::string lack = file.empty() ? "not found" : "";
  Check check = is_needed ? needed(name, lack, purpose, install_command(package))
                          : optional_one(name, lack, purpose, install_command(package));
  if (!file.empty()) check.detail = file;
  return check;
}

std::string own_name() {
  const passwd* entry = ::getpwuid(::geteuid());
  return entry ? entry->pw_name : std::to_string(::geteuid());
}

Check check_id_ranges() {
  const netns::IdMaps maps = netns::plan_id_maps();
  const bool ranges = maps.uids.size() > 1;
  const std::string name = own_name();
  return optional_one("more than one user id (newuidmap, /etc/subuid)",
                      ranges ? "" : "only the own id can be mapped",
                      "containers whose processes run as other users than root",
                      install_command("uidmap") + " && " +
                          as_root("usermod --add-subuids 100000-165535 --add-subgids "
                                  "100000-165535 " +
                                  name));
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

std::optional<Running> holder_of(const ListenAddress& address) {
  for (const Running& running : Registry(runtime_directory()).list()) {
    for (const std::string& text : running.listen) {
      if (text == address.text() && running.daemon_lives()) return running;
    }
  }
  return std::nullopt;
}

Check check_port(ListenAddress address) {
  Check check = needed("the address " + address.text(), "", "the AWS endpoint", "");
  if (const auto holder = holder_of(address)) {
    check.detail = "Enibox itself listens there, pid " + std::to_string(holder->porter.pid);
    return check;
  }
  try {
    open_listener(address);
    check.detail = "free";
  } catch (const std::exception& e) {
    check.state = Check::State::kLacking;
    check.detail = e.what();
    check.mend = "enibox serve --listen 127.0.0.1:0 takes a free port";
  }
  return check;
}

}  // namespace

std::vector<Check> check_control_groups() {
  std::string why_not;
  const auto group = netns::Cgroup::find("enibox-doctor", {}, &why_not);
  Check check = optional_one("control groups", group.usable() ? "" : why_not,
                             "cpu and memory limits, and what a container uses",
                             "systemd-run --user --scope -p Delegate=yes enibox serve");
  if (group.usable()) {
    check.detail =
        (group.version() == netns::Cgroup::Version::kV2 ? "version 2: " : "version 1: ") +
        joined(group.controllers());
  }
  return {check};
}

std::vector<Check> check_tools() {
  std::vector<Check> checks{
      tool("runc", "runc", "starts containers"),
      tool("conmon", "conmon", "holds a container's output and exit code"),
      tool("tini", "tini", "a task's init process (initProcessEnabled)", false),
      tool("skopeo", "skopeo", "pulls images from a registry", false),
      tool("aws", "awscli", "the client", false),
  };
  const char* profile = "/usr/share/containers/seccomp.json";
  checks.push_back(optional_one(
      "seccomp profile", ::access(profile, R_OK) == 0 ? "" : std::string("there is no ") + profile,
      "the system calls that containers may use",
      install_command("golang-github-containers-common")));
  if (::geteuid() != 0) checks.push_back(check_id_ranges());
  return checks;
}

std::vector<Check> check_images_and_port(const DoctorOptions& options) {
  std::string lack, names;
  try {
    containers::ImageStoreOptions store;
    store.directory = options.image_store;
    std::vector<std::string> references;
    for (const auto& image : containers::ImageStore(store).list()) {
      references.push_back(image.familiar_ref);
    }
    names = joined(references);
    if (references.empty()) lack = "none in " + options.image_store;
  } catch (const std::exception& e) {
    lack = e.what();
  }
  Check images = needed("images", lack, "what tasks and instances are made of", "make images");
  if (lack.empty()) images.detail = names;
  return {images, check_port(options.listen)};
}

}  // namespace enibox::cli
