#pragma once
#include <string>
#include <vector>

#include "emulator/cli/listen.hpp"

// What the machine must have, each tried and not guessed from versions: in a throwaway child in
// namespaces like the box's, so that nothing of the machine changes. Single-threaded callers only.
namespace enibox::cli {

struct Check {
  enum class State { kThere, kLacking, kLackingButOptional };
  State state = State::kThere;
  std::string what;     // "overlayfs in a user namespace"
  std::string detail;   // what was found, or the error
  std::string purpose;  // what it is for
  std::string mend;     // the command that mends the lack; empty: none is known
};

struct DoctorOptions {
  ListenAddress listen;
  std::string image_store;
};

std::vector<Check> check_namespaces();
std::vector<Check> check_network();
std::vector<Check> check_filesystems();
std::vector<Check> check_control_groups();
std::vector<Check> check_tools();
std::vector<Check> check_images_and_port(const DoctorOptions& options);

}  // namespace enibox::cli
