#include "tests/net/sandbox.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>

#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "netns/namespace.hpp"

namespace enibox::test {
namespace {

constexpr int kSkipped = 77;

bool write_file(const char* path, const std::string& text) {
  const int fd = ::open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return false;
  const bool written = ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  ::close(fd);
  return written;
}

// Empty: done; else what the kernel refused.
std::string enter_sandbox() {
  const std::string uid = std::to_string(::geteuid());
  const std::string gid = std::to_string(::getegid());
  if (::unshare(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWNET) != 0) return "unshare";
  write_file("/proc/self/setgroups", "deny");
  if (!write_file("/proc/self/uid_map", "0 " + uid + " 1")) return "uid_map";
  if (!write_file("/proc/self/gid_map", "0 " + gid + " 1")) return "gid_map";
  if (::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return "private mounts";
  if (::mount("tmpfs", "/run", "tmpfs", 0, "mode=755") != 0) return "tmpfs on /run";
  return {};
}

[[noreturn]] void be_child(const std::function<void()>& body) {
  if (const std::string refused = enter_sandbox(); !refused.empty()) {
    std::printf("sandbox refused at %s: %s\n", refused.c_str(), std::strerror(errno));
    std::fflush(nullptr);
    ::_exit(kSkipped);
  }
  try {
    body();
  } catch (const std::exception& error) {
    ADD_FAILURE() << "exception: " << error.what();
  }
  std::cout.flush();
  std::fflush(nullptr);
  ::_exit(::testing::Test::HasFailure() ? 1 : 0);
}

}  // namespace

void in_sandbox(const std::function<void()>& body) {
  std::cout.flush();
  std::fflush(nullptr);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) be_child(body);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  if (WIFEXITED(status) && WEXITSTATUS(status) == kSkipped)
    GTEST_SKIP() << "the kernel refuses a user namespace here";
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0)
      << "the sandboxed test failed, see above (status " << status << ")";
}

std::string make_namespace(const std::string& name) {
  std::filesystem::create_directories("/run/netns-test");
  const std::string path = "/run/netns-test/" + name;
  netns::Namespace::create(path);
  return path;
}

std::string router_directory() {
  std::filesystem::create_directories("/run/routers");
  return "/run/routers";
}

std::string output_in(const std::string& netns_path, const std::string& command) {
  std::string output;
  netns::Namespace::open(netns_path).run([&] {
    FILE* pipe = ::popen((command + " 2>&1").c_str(), "r");
    if (pipe == nullptr) netns::throw_errno("popen");
    char buffer[4096];
    while (const std::size_t size = std::fread(buffer, 1, sizeof buffer, pipe))
      output.append(buffer, size);
    ::pclose(pipe);
  });
  return output;
}

int open_descriptors() {
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd"))
    count += entry.path().empty() ? 0 : 1;
  return count;
}

}  // namespace enibox::test
