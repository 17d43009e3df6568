#pragma once
#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>

#include "emulator/cli/registry.hpp"
#include "netns/handle.hpp"

// A directory that holds a daemon's state over its end: lock, box.json (what runs in it),
// enibox.db, state/. One daemon at a time.
namespace enibox::cli {

// Another daemon has it; what() names its pid and how to end it.
class DataDirInUse : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class DataDir {
 public:
  // Makes the directory when it is not there and takes its lock, which the process and its forked
  // children hold until the last of them ends. When the holder is a daemon whose porter has been
  // killed, it is ending: waits for it up to `patience`. Throws DataDirInUse, std::system_error.
  static DataDir lock(const std::string& path, std::chrono::milliseconds patience);

  // Whether somebody holds the lock. A directory that is not there is not locked.
  static bool is_locked(const std::string& path);

  // What is or was running in it.
  static std::optional<Running> read_record(const std::string& path);

  const std::string& path() const { return path_; }
  std::string state_dir() const { return path_ + "/state"; }
  std::string database_path() const { return path_ + "/enibox.db"; }
  std::optional<Running> record() const { return read_record(path_); }
  void write_record(const Running& running) const;

 private:
  DataDir(std::string path, netns::UniqueFd lock)
      : path_(std::move(path)), lock_(std::move(lock)) {}
  std::string path_;
  netns::UniqueFd lock_;
};

}  // namespace enibox::cli
