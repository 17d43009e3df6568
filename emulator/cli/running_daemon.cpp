#include "emulator/cli/running_daemon.hpp"

#include <algorithm>
#include <stdexcept>

#include "emulator/cli/listen.hpp"
#include "emulator/cli/paths.hpp"

namespace enibox::cli {

Running running_daemon(const Arguments& arguments, std::string_view command) {
  const std::string prefix = "enibox " + std::string(command) + ": ";
  auto running = Registry(runtime_directory()).list();
  std::erase_if(running, [](const Running& r) { return !r.daemon_lives() || r.listen.empty(); });
  if (const auto listen = arguments.value(kDaemonOption.name)) {
    const std::string address = parse_listen_address(*listen).text();
    std::erase_if(running, [&](const Running& r) {
      return std::find(r.listen.begin(), r.listen.end(), address) == r.listen.end();
    });
    if (running.empty())
      throw std::runtime_error(prefix + "no daemon of yours listens at " + address);
  }
  if (running.empty())
    throw std::runtime_error(prefix + "no daemon of yours runs; 'enibox serve' starts one");
  if (running.size() == 1) return running.front();
  std::string text = prefix + "several daemons run; say which by --listen:";
  for (const Running& each : running) text += "\n  " + each.listen.front();
  throw std::runtime_error(text);
}

}  // namespace enibox::cli
