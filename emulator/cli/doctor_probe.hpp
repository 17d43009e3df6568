#pragma once
#include <functional>
#include <string>

#include "emulator/cli/doctor_checks.hpp"

// How a check is tried. Single-threaded callers only.
namespace enibox::cli {

// What is tried; it throws when it does not work.
using Attempt = std::function<void()>;

// Runs the attempt in a throwaway child in new namespaces like a box's. Empty: it worked; else the
// text of what it threw.
std::string try_in_box(const Attempt& attempt);

// The same without namespaces.
std::string try_in_child(const Attempt& attempt);

// `lack` empty: there.
Check needed(std::string what, const std::string& lack, std::string purpose, std::string mend);
Check optional_one(std::string what, const std::string& lack, std::string purpose,
                   std::string mend);

// The file of a program on PATH or in the sbin directories; empty when there is none.
std::string find_program(const std::string& name);

// "apt-get install -y NAME" with sudo before it for an ordinary user.
std::string install_command(const std::string& package);
std::string as_root(const std::string& command);

}  // namespace enibox::cli
