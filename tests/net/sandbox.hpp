#pragma once
#include <functional>
#include <string>

// A world of its own for one test: user, mount and network namespace, made by a child process and
// ended with it, whatever the test did. Works for root and for an ordinary user.
namespace enibox::test {

// Runs `body` in a forked child inside a fresh sandbox, where /run is a private tmpfs. Failed
// expectations of the child fail the test; a kernel that refuses the namespaces skips it.
void in_sandbox(const std::function<void()>& body);

// A new namespace file below /run of the sandbox: "/run/netns-test/NAME".
std::string make_namespace(const std::string& name);
// The directory for routers' namespaces, empty at first.
std::string router_directory();

// What a command prints, run inside the namespace of the file.
std::string output_in(const std::string& netns_path, const std::string& command);

// Open descriptors of this process: a leak shows as a difference.
int open_descriptors();

}  // namespace enibox::test
