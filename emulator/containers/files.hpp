#pragma once
#include <optional>
#include <string>
#include <vector>

#include "api/json.hpp"
#include "emulator/containers/layer_directory.hpp"  // remove_tree
#include "netns/handle.hpp"

// Small files and directories of the runtime's own. Errors: std::system_error.
namespace enibox::containers {

void make_directories(const std::string& path);
// `step` names what failed: "write /etc/hosts".
void write_all(int file, const std::string& text, const std::string& step);
void write_file(const std::string& path, const std::string& text);
// By rename, so that a reader finds the old or the new one.
void replace_file(const std::string& path, const std::string& text);
std::optional<Json> read_json(const std::string& path);  // nothing when absent or damaged
std::vector<std::string> names_in(const std::string& directory);
// A file of a container's root, its links followed as the container would: none leads out of it.
// Empty when there is none.
std::string read_in_root(int root, const std::string& path);

}  // namespace enibox::containers
