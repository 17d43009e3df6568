#include "emulator/cli/data_dir.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <thread>

#include "emulator/cli/paths.hpp"

namespace enibox::cli {

namespace {

netns::UniqueFd open_lock(const std::string& path, int flags) {
  return netns::UniqueFd(::open((path + "/lock").c_str(), O_RDWR | O_CLOEXEC | flags, 0600));
}

bool try_lock(int fd) {
  if (::flock(fd, LOCK_EX | LOCK_NB) == 0) return true;
  if (errno != EWOULDBLOCK) netns::throw_errno("lock the data dir");
  return false;
}

// The lock file holds its owner's pid as text, for people and for the refusal.
pid_t lock_owner(int fd) {
  char text[32] = {};
  if (::pread(fd, text, sizeof text - 1, 0) <= 0) return 0;
  return static_cast<pid_t>(std::strtol(text, nullptr, 10));
}

void write_owner(int fd) {
  const std::string text = std::to_string(::getpid()) + "\n";
  if (::ftruncate(fd, 0) != 0 ||
      ::pwrite(fd, text.data(), text.size(), 0) != static_cast<ssize_t>(text.size())) {
    netns::throw_errno("write the data dir's lock");
  }
}

[[noreturn]] void refuse(const std::string& path, pid_t owner) {
  std::string text = "the data dir " + path + " is in use by another daemon";
  if (owner > 0) text += ", pid " + std::to_string(owner);
  throw DataDirInUse(text + "; 'enibox stop --data-dir " + path + "' ends it");
}

}  // namespace

DataDir DataDir::lock(const std::string& path, std::chrono::milliseconds patience) {
  make_directories(path);
  netns::UniqueFd lock = open_lock(path, O_CREAT);
  if (!lock) netns::throw_errno("open " + path + "/lock");
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (!try_lock(lock.get())) {
    const pid_t owner = lock_owner(lock.get());
    const bool owner_lives = owner > 0 && netns::identify_process(owner).has_value();
    if (owner_lives || std::chrono::steady_clock::now() > deadline) refuse(path, owner);
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  write_owner(lock.get());
  return DataDir(path, std::move(lock));
}

bool DataDir::is_locked(const std::string& path) {
  netns::UniqueFd lock = open_lock(path, 0);
  return lock && !try_lock(lock.get());
}

std::optional<Running> DataDir::read_record(const std::string& path) {
  return running_from_json(netns::read_small_file(path + "/box.json").value_or(""));
}

void DataDir::write_record(const Running& running) const {
  replace_file(path_ + "/box.json", to_json(running));
}

}  // namespace enibox::cli
