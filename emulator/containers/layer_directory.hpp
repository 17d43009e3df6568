#pragma once
#include <sys/types.h>

#include <cstdint>
#include <ctime>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "netns/handle.hpp"

// The directory a layer is unpacked into. Every path is relative to it and resolved by openat2(2)
// with RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS: whatever an archive names, nothing outside is
// touched.
namespace enibox::containers {

struct EntryAttributes {
  std::int64_t uid = 0, gid = 0;
  mode_t mode = 0755;  // permission bits with setuid, setgid, sticky
  timespec mtime{};
  std::map<std::string, std::string> xattrs;
};

// Not thread safe. Throws ImageError where the entry is at fault, std::system_error where the disk
// or a missing privilege is.
class LayerDirectory {
 public:
  explicit LayerDirectory(const std::string& path);

  // "./usr//bin/" -> "usr/bin"; "" is the root. Throws for absolute names, "..", NUL and the like.
  static std::string normalise(std::string_view name);

  void directory(const std::string& path, const EntryAttributes& attributes);
  // An empty file to write to; give it to finish_file() when it is written.
  netns::UniqueFd create_file(const std::string& path);
  void finish_file(const netns::UniqueFd& file, const EntryAttributes& attributes);
  void symbolic_link(const std::string& path, const std::string& target,
                     const EntryAttributes& attributes);
  void hard_link(const std::string& path, const std::string& target);
  void fifo(const std::string& path, const EntryAttributes& attributes);
  void whiteout(const std::string& path);          // hides what lower layers have there
  void opaque(const std::string& directory_path);  // hides all that lower layers have in it

  // Attributes of directories wait until nothing is written into them any more.
  void finish();

  std::int64_t owners_not_kept() const { return owners_not_kept_; }

 private:
  struct Place {
    int parent;  // borrowed from parent_
    std::string name;
  };
  Place place(const std::string& path);
  netns::UniqueFd open_parent(const std::string& path);
  enum class Before { kNothing, kWhiteout, kDirectory, kOther };
  Before clear(const Place& place, bool keep_directory);
  void own(int fd, const char* name, int flags, EntryAttributes& attributes);
  void make_opaque(int parent, const std::string& name);

  netns::UniqueFd root_;
  std::string parent_path_;
  netns::UniqueFd parent_;  // of the last entry: entries of one directory follow each other
  std::vector<std::pair<std::string, EntryAttributes>> directories_;
  std::int64_t owners_not_kept_ = 0;
};

// Removes a file or a whole tree, following no link; what is not there is fine. Throws
// std::system_error.
void remove_tree(int parent, const std::string& name);
void remove_tree(const std::string& path);

}  // namespace enibox::containers
