#pragma once
#include <optional>
#include <string>

// Directories of the user that started the program. Any thread.
namespace enibox::cli {

// Where running daemons are registered: /run/enibox for root, else $XDG_RUNTIME_DIR/enibox, else
// /tmp/enibox-UID. Made with mode 0700 when it is missing. Throws std::runtime_error when it
// belongs to somebody else.
std::string runtime_directory();

// An absolute path without symbolic links, "." and ".."; what does not exist is kept as it is.
std::string absolute_path(const std::string& path);

// Makes the directory and what is missing above it. Throws std::system_error.
void make_directories(const std::string& path);

// Writes a whole file or nothing: a temporary one beside it, renamed. Throws std::system_error.
void replace_file(const std::string& path, const std::string& content);

}  // namespace enibox::cli
