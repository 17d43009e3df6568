#include <signal.h>
#include <unistd.h>

#include <cstdio>

#include "emulator/cli/arguments.hpp"
#include "emulator/cli/box_cgroup.hpp"
#include "emulator/cli/box_home.hpp"
#include "emulator/cli/commands.hpp"
#include "emulator/cli/data_dir.hpp"
#include "emulator/cli/listen.hpp"
#include "emulator/cli/paths.hpp"
#include "emulator/cli/registry.hpp"

namespace enibox::cli {

namespace {

using namespace std::chrono_literals;

constexpr auto kGracefulEnd = 30s;
constexpr auto kKilledEnd = 10s;

const Command kStop{"stop",
                    "[OPTION]...",
                    "Ends a daemon and its box with every task in it, also when the daemon has "
                    "crashed.\nWithout options: the one that runs.",
                    {{"--data-dir", "DIR", "the one that keeps its state in DIR"},
                     {"--listen", "ADDRESS", "the one that listens there"},
                     {"--all", "", "all of this user"}}};

bool listens_on(const Running& running, const std::string& address) {
  for (const std::string& text : running.listen) {
    if (text == address) return true;
  }
  return false;
}

std::vector<Running> by_data_dir(const std::string& path) {
  // The record in the directory itself is there also when the registry is gone.
  if (const auto record = DataDir::read_record(path)) {
    if (record->daemon_lives() || record->box_lives()) return {*record};
  }
  return {};
}

std::vector<Running> chosen(const Arguments& arguments) {
  if (const auto dir = arguments.value("--data-dir")) return by_data_dir(absolute_path(*dir));
  std::vector<Running> all = Registry(runtime_directory()).list();
  if (const auto listen = arguments.value("--listen")) {
    const std::string address = parse_listen_address(*listen).text();
    std::erase_if(all, [&](const Running& running) { return !listens_on(running, address); });
    return all;
  }
  if (arguments.has("--all") || all.size() < 2) return all;
  std::string text = "enibox stop: several run; say which by --listen or --data-dir, or --all:";
  for (const Running& running : all) text += "\n  " + running.describe();
  throw std::runtime_error(text);
}

void end_daemon(const Running& running) {
  const netns::UniqueFd porter = netns::open_process(running.porter);
  if (!porter) return;
  netns::signal_process(porter.get(), SIGTERM);
  if (netns::wait_for_end(porter.get(), kGracefulEnd)) return;
  // With its porter gone and its box ending below, the daemon cannot stay.
  netns::signal_process(porter.get(), SIGKILL);
  netns::wait_for_end(porter.get(), kKilledEnd);
}

bool end_box(const Running& running) {
  auto box = netns::Box::find(running.box);
  return !box || box->destroy(kKilledEnd);
}

int stop(const Running& running) {
  const std::string what = running.describe();
  end_daemon(running);
  if (!end_box(running)) {
    std::fprintf(stderr, "enibox: the box (init pid %d) does not end\n", running.box.init.pid);
    return 1;
  }
  remove_tree(running.state_dir);
  box_cgroup(running.box.init, running.cgroup_origin).remove();
  if (running.data_dir) ::unlink((*running.data_dir + "/box.json").c_str());
  Registry(runtime_directory()).remove(running);
  std::printf("Stopped: %s.\n", what.c_str());
  return 0;
}

}  // namespace

int stop_command(std::span<const std::string> words) {
  const Arguments arguments = parse(kStop, words);
  if (arguments.wants_help()) {
    std::fputs(help_text(kStop).c_str(), stdout);
    return 0;
  }
  const auto targets = chosen(arguments);
  if (targets.empty()) std::puts("Nothing to stop.");
  int status = 0;
  for (const Running& running : targets) status = std::max(status, stop(running));
  sweep_state_directories();
  sweep_box_cgroups();
  sweep_host_network();
  return status;
}

}  // namespace enibox::cli
