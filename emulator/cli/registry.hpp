#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "netns/box.hpp"

// What runs: one small JSON file a daemon or box in the runtime directory, so that `enibox stop`,
// `enibox env` and the next daemon find it. An entry is true only as far as its processes live.
namespace enibox::cli {

struct Running {
  std::optional<std::string> data_dir;  // absent: ephemeral
  std::vector<std::string> listen;      // "127.0.0.1:4566"
  netns::ProcessIdentity porter;
  netns::BoxRecord box;
  std::string state_dir;  // of an ephemeral box, on the host; empty: none there
  // /proc/self/cgroup of the porter that started the box: from there its control group is found
  // again, wherever somebody else runs.
  std::string cgroup_origin;
  bool operator==(const Running&) const = default;

  bool daemon_lives() const { return netns::is_alive(porter); }
  bool box_lives() const { return netns::is_alive(box.init); }
  std::string describe() const;  // "data dir /x, http://127.0.0.1:4566, pid 12"
};

std::string to_json(const Running& running);
// Nothing when the text is not what to_json() writes: an entry of another version is no entry.
std::optional<Running> running_from_json(std::string_view text);

class Registry {
 public:
  explicit Registry(std::string directory) : directory_(std::move(directory)) {}

  // Throws std::system_error.
  void put(const Running& running) const;
  void remove(const Running& running) const;
  // Entries of which a process lives, oldest file name first; the others are removed.
  std::vector<Running> list() const;

 private:
  std::string file_of(const Running& running) const;
  std::string directory_;
};

}  // namespace enibox::cli
