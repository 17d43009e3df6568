#pragma once
#include <fcntl.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <csignal>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace enibox::test {

// A session-manager-plugin on a terminal of its own, as a user would run it.
class PluginProcess {
 public:
  PluginProcess(boost::asio::io_context& loop, const std::vector<std::string>& argv,
                const std::map<std::string, std::string>& environment)
      : terminal_(loop) {
    winsize size{.ws_row = 30, .ws_col = 100, .ws_xpixel = 0, .ws_ypixel = 0};
    int master = -1;
    pid_ = ::forkpty(&master, nullptr, nullptr, &size);
    if (pid_ == 0) {
      for (const auto& [name, value] : environment) ::setenv(name.c_str(), value.c_str(), 1);
      std::vector<char*> words;
      for (const auto& word : argv) words.push_back(const_cast<char*>(word.c_str()));
      words.push_back(nullptr);
      ::execv(words[0], words.data());
      ::_exit(127);
    }
    ::fcntl(master, F_SETFD, FD_CLOEXEC);
    terminal_.assign(master);
    read();
  }
  ~PluginProcess() {
    if (!exit_status()) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
    }
  }
  PluginProcess(const PluginProcess&) = delete;
  PluginProcess& operator=(const PluginProcess&) = delete;

  std::string screen;  // all it ever printed

  bool shows(const std::string& text) const { return screen.find(text) != std::string::npos; }
  void type(const std::string& keys) {
    std::size_t done = 0;
    while (done < keys.size()) {
      const auto size = ::write(terminal_.native_handle(), keys.data() + done, keys.size() - done);
      if (size > 0) {
        done += static_cast<std::size_t>(size);
      } else if (errno != EAGAIN && errno != EINTR) {
        return;
      }
    }
  }
  void resize(std::uint16_t cols, std::uint16_t rows) {
    winsize size{.ws_row = rows, .ws_col = cols, .ws_xpixel = 0, .ws_ypixel = 0};
    ::ioctl(terminal_.native_handle(), TIOCSWINSZ, &size);
  }
  // Whether keys are echoed and lines edited here, as in a shell's ordinary terminal.
  bool is_cooked() const {
    termios modes{};
    return ::tcgetattr(terminal_.native_handle(), &modes) == 0 &&
           (modes.c_lflag & (ICANON | ECHO | ISIG)) == (ICANON | ECHO | ISIG);
  }
  void signal(int number) { ::kill(pid_, number); }

  // Empty while it runs.
  std::optional<int> exit_status() {
    int status = 0;
    if (!status_ && ::waitpid(pid_, &status, WNOHANG) == pid_) {
      status_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }
    return status_;
  }

 private:
  // What was read before the end may be handed over after it: the loop has it in its queue then.
  void read() {
    terminal_.async_read_some(boost::asio::buffer(buffer_),
                              [this, alive = std::weak_ptr<bool>(alive_)](
                                  boost::system::error_code error, std::size_t size) {
                                if (error || alive.expired()) return;
                                screen.append(buffer_, size);
                                read();
                              });
  }

  pid_t pid_ = -1;
  std::optional<int> status_;
  mutable boost::asio::posix::stream_descriptor terminal_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  char buffer_[65536];
};

}  // namespace enibox::test
