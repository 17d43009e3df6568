#pragma once
#include <map>
#include <string>

#include "emulator/containers/image_error.hpp"

namespace enibox::containers {

// The files of an archive by name. Those of a tar are copied to `scratch` under numbers, so a name
// is only ever a key; links are resolved among the keys.
class ArchiveMembers {
 public:
  // `path`: a tar (perhaps compressed) or a directory. Throws ImageError, std::system_error.
  static ArchiveMembers read(const std::string& path, const std::string& scratch,
                             const ImageLimits& limits);

  bool has(const std::string& name) const;
  // The file with the member's bytes. Throws ImageError when there is none.
  std::string file(const std::string& name) const;

 private:
  struct Member {
    std::string file;    // empty: a link
    std::string target;  // a normalised name
  };
  const Member* find(std::string name) const;
  void read_tar(const std::string& path, const std::string& scratch, const ImageLimits& limits);
  void read_directory(const std::string& path, const ImageLimits& limits);

  std::map<std::string, Member> members_;
};

}  // namespace enibox::containers
