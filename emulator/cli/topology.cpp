#include <poll.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <optional>
#include <stdexcept>

#include "emulator/cli/arguments.hpp"
#include "emulator/cli/commands.hpp"
#include "emulator/cli/control_client.hpp"
#include "emulator/cli/running_daemon.hpp"
#include "emulator/cli/topology_tree.hpp"

namespace enibox::cli {

namespace {

constexpr int kLookEvery_ms = 500;

const Command kTopology{"topology",
                        "[OPTION]...",
                        "Shows what there is on the network, as a tree: regions, VPCs, subnets, "
                        "instances, tasks, interfaces.",
                        {{"--watch", "", "go on and show each change, until Ctrl-C"},
                         {"--json", "", "the daemon's answer as it is"},
                         {"--all", "", "empty subnets and untouched default VPCs, too"},
                         kDaemonOption}};

std::string ask(ControlClient& daemon) {
  const auto answer = daemon.ask("GET", "/_enibox/topology", "");
  if (answer.status == 200) return answer.body;
  throw std::runtime_error("enibox topology: the daemon answers " + std::to_string(answer.status) +
                           ": " + answer.body);
}

std::string shown(const std::string& body, const Arguments& arguments) {
  if (arguments.has("--json")) return body;
  return topology_tree(Json::parse(body), {.everything = arguments.has("--all")});
}

// The alternate screen, so that what was there before is there afterwards.
class Screen {
 public:
  Screen() { put("\x1b[?1049h\x1b[?25l"); }
  ~Screen() { put("\x1b[?25h\x1b[?1049l"); }
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;

  // Lines that do not fit are cut, and the last one says how many do not.
  void show(const std::string& text) {
    winsize size{};
    if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row == 0) size = {24, 80, 0, 0};
    std::string out = "\x1b[H\x1b[?7l";  // home; no line wrap
    std::size_t rows = 0, hidden = 0;
    for (std::size_t begin = 0; begin < text.size();) {
      const auto end = std::min(text.find('\n', begin), text.size());
      if (++rows < size.ws_row) {
        out += text.substr(begin, end - begin) + "\x1b[K\r\n";
      } else {
        ++hidden;
      }
      begin = end + 1;
    }
    if (hidden > 0) out += "... " + std::to_string(hidden) + " more";
    put(out + "\x1b[J\x1b[?7h");
  }

 private:
  static void put(const std::string& bytes) {
    std::fwrite(bytes.data(), 1, bytes.size(), stdout);
    std::fflush(stdout);
  }
};

enum class Event { kTime, kResized, kStop };

class Waiter {
 public:
  Waiter() {
    sigset_t handled;
    sigemptyset(&handled);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGWINCH}) sigaddset(&handled, signal);
    ::sigprocmask(SIG_BLOCK, &handled, nullptr);
    signals_ = netns::UniqueFd(::signalfd(-1, &handled, SFD_CLOEXEC));
    if (!signals_) netns::throw_errno("signalfd");
  }
  Event wait() const {
    pollfd entry{signals_.get(), POLLIN, 0};
    signalfd_siginfo info{};
    if (::poll(&entry, 1, kLookEvery_ms) <= 0 ||
        ::read(signals_.get(), &info, sizeof info) != sizeof info)
      return Event::kTime;
    return info.ssi_signo == SIGWINCH ? Event::kResized : Event::kStop;
  }

 private:
  netns::UniqueFd signals_;
};

// On a terminal the tree stands still and changes in its place; elsewhere each one follows the
// other.
void watch(ControlClient& daemon, const Arguments& arguments) {
  const Waiter waiter;
  std::optional<Screen> screen;
  if (::isatty(STDOUT_FILENO) != 0) screen.emplace();
  std::string last;
  for (Event event = Event::kTime; event != Event::kStop; event = waiter.wait()) {
    const std::string now = shown(ask(daemon), arguments);
    if (now == last && event != Event::kResized) continue;
    if (screen) {
      screen->show(now);
    } else {
      std::printf("%s%s", last.empty() ? "" : "\n", now.c_str());
      std::fflush(stdout);
      if (std::ferror(stdout) != 0) return;  // nobody reads any more
    }
    last = now;
  }
}

}  // namespace

int topology_command(std::span<const std::string> words) {
  const Arguments arguments = parse(kTopology, words);
  if (arguments.wants_help()) {
    std::fputs(help_text(kTopology).c_str(), stdout);
    return 0;
  }
  ControlClient daemon(running_daemon(arguments, kTopology.name).listen.front());
  if (arguments.has("--watch")) {
    watch(daemon, arguments);
  } else {
    std::fputs(shown(ask(daemon), arguments).c_str(), stdout);
  }
  return 0;
}

}  // namespace enibox::cli
