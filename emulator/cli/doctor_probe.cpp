#include "emulator/cli/doctor_probe.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <sstream>

#include "netns/user_namespace.hpp"

namespace enibox::cli {

namespace {

// Runs the attempt and writes what it threw into the pipe; for the child.
int report_to(int fd, const Attempt& attempt) {
  try {
    attempt();
    return 0;
  } catch (const std::exception& e) {
    const std::string text = e.what();
    [[maybe_unused]] const ssize_t n = ::write(fd, text.data(), text.size());
    return 1;
  }
}

std::string read_all(int fd) {
  std::string text;
  char buffer[512];
  for (ssize_t n; (n = ::read(fd, buffer, sizeof buffer)) > 0;) {
    text.append(buffer, static_cast<std::size_t>(n));
  }
  return text;
}

struct Pipe {
  netns::UniqueFd read_end, write_end;
};

Pipe make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) netns::throw_errno("pipe");
  return {netns::UniqueFd(ends[0]), netns::UniqueFd(ends[1])};
}

std::string outcome(std::optional<int> status, Pipe& pipe) {
  pipe.write_end.reset();
  if (!status) return "the kernel refuses the namespaces";
  if (*status == 0) return {};
  const std::string text = read_all(pipe.read_end.get());
  return text.empty() ? "ended with status " + std::to_string(*status) : text;
}

}  // namespace

std::string try_in_box(const Attempt& attempt) {
  Pipe pipe = make_pipe();
  const int flags = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWPID;
  const netns::IdMaps maps = netns::single_id_maps();
  const auto status = netns::run_in_namespaces(flags, &maps, [&] {
    return report_to(pipe.write_end.get(), [&] {
      if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) {
        netns::throw_errno("make the mounts private");
      }
      attempt();
    });
  });
  return outcome(status, pipe);
}

std::string try_in_child(const Attempt& attempt) {
  Pipe pipe = make_pipe();
  const pid_t child = ::fork();
  if (child < 0) netns::throw_errno("fork");
  if (child == 0) ::_exit(report_to(pipe.write_end.get(), attempt));
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return outcome(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), pipe);
}

Check needed(std::string what, const std::string& lack, std::string purpose, std::string mend) {
  return {lack.empty() ? Check::State::kThere : Check::State::kLacking, std::move(what), lack,
          std::move(purpose), std::move(mend)};
}

Check optional_one(std::string what, const std::string& lack, std::string purpose,
                   std::string mend) {
  return {lack.empty() ? Check::State::kThere : Check::State::kLackingButOptional, std::move(what),
          lack, std::move(purpose), std::move(mend)};
}

std::string find_program(const std::string& name) {
  const char* path = std::getenv("PATH");
  std::istringstream folders(std::string(path ? path : "") + ":/usr/sbin:/sbin:/usr/bin:/bin");
  for (std::string folder; std::getline(folders, folder, ':');) {
    const std::string file = folder + "/" + name;
    if (!folder.empty() && ::access(file.c_str(), X_OK) == 0) return file;
  }
  return {};
}

std::string as_root(const std::string& command) {
  return ::geteuid() == 0 ? command : "sudo " + command;
}

std::string install_command(const std::string& package) {
  return as_root("apt-get install -y " + package);
}

}  // namespace enibox::cli
