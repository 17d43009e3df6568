#include "tests/net/runtime_fixture.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/wait.h>

#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>

#include "emulator/containers/files.hpp"
#include "netns/process.hpp"
#include "tests/unit/image_fixture.hpp"

namespace enibox::test {
namespace {

namespace fs = std::filesystem;
constexpr int kSkipped = 77;
constexpr auto kPatience = std::chrono::seconds(30);

// Programs of this machine with their libraries: an instance as small as it can be.
constexpr const char* kMakeInstance = R"sh(
set -e
mkdir -p "$1"/bin "$1"/etc "$1"/root "$1"/tmp "$1"/var "$1"/usr
put() { mkdir -p "$1$(dirname "$2")"; cp -L "$2" "$1$2"; }
busybox=$(command -v busybox)
for name in $("$busybox" --list); do ln -sf busybox "$1/bin/$name"; done
rm "$1/bin/busybox"; cp -L "$busybox" "$1/bin/busybox"
for program in /usr/sbin/runc /usr/bin/conmon /usr/bin/tini /usr/bin/tini-static; do
  put "$1" "$program"
  for library in $(ldd "$program" 2>/dev/null | grep -o '/[^ ]*' || true); do
    put "$1" "$library"
  done
done
printf 'root:x:0:0:root:/root:/bin/sh\nssm-user:x:1001:1001::/home/ssm-user:/bin/sh\n' >"$1/etc/passwd"
printf 'root:x:0:\nssm-user:x:1001:\n' >"$1/etc/group"
ln -s /run "$1/var/run"
tar -C "$1" -cf "$2" .
)sh";
constexpr const char* kMakeBusybox = R"sh(
set -e
mkdir -p "$1"/bin "$1"/etc "$1"/tmp
busybox=$(command -v busybox)
for name in $("$busybox" --list); do ln -sf busybox "$1/bin/$name"; done
rm "$1/bin/busybox"; cp -L "$busybox" "$1/bin/busybox"
printf 'root:x:0:0:root:/root:/bin/sh\nwww:x:33:33::/var/www:/bin/sh\n' >"$1/etc/passwd"
printf 'root:x:0:\nwww:x:33:\nextra:x:44:www\n' >"$1/etc/group"
printf 'not a program' >"$1/bin/broken"; chmod 644 "$1/bin/broken"
tar -C "$1" -cf "$2" .
)sh";

// Exposes what the image tests have for packing archives.
class Packer : public testing::ImageTest {
 public:
  void TestBody() override {}
  std::string pack(const char* script, const std::string& name, nlohmann::json config) {
    const auto root = dir_ + "/root-" + std::to_string(++count_), layer = root + ".tar";
    write("make.sh", script);
    const auto command = "sh " + dir_ + "/make.sh " + root + " " + layer;
    if (std::system(command.c_str()) != 0) throw std::runtime_error("cannot make " + name);
    const auto bytes = read(layer);
    auto image = config_for({bytes});
    image["config"] = std::move(config);
    return write("image-" + std::to_string(count_) + ".tar",
                 docker_save({name}, {bytes}, image).str());
  }
  const std::string& dir() const { return dir_; }

 private:
  int count_ = 0;
};

// The images of all tests of this process: made once, by the first test.
const std::string& image_directory() {
  static Packer packer;
  static const std::string directory = [] {
    containers::ImageStore store({packer.dir() + "/store", {}, false});
    const nlohmann::json path{"PATH=/usr/sbin:/usr/bin:/sbin:/bin"};
    store.import(packer.pack(kMakeInstance, "instance:latest",
                             {{"Env", path},
                              {"Entrypoint", {"/usr/bin/tini-static", "--"}},
                              {"Cmd", {"/bin/sleep", "1000000"}}}));
    store.import(packer.pack(kMakeBusybox, "busybox:latest",
                             {{"Env", {"PATH=/bin", "FROM_IMAGE=1"}}, {"Cmd", {"sh"}}}));
    store.import(
        packer.pack(kMakeBusybox, "pause:latest", {{"Entrypoint", {"/bin/sleep", "1000000"}}}));
    return packer.dir() + "/store";
  }();
  return directory;
}

std::string missing_program() {
  for (const char* name : {"/usr/sbin/runc", "/usr/bin/conmon", "/usr/bin/tini-static"})
    if (!fs::exists(name)) return name;
  return std::system("command -v busybox >/dev/null") == 0 ? "" : "busybox";
}

bool put(const char* path, const std::string& text) {
  const int fd = ::open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return false;
  const bool written = ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  ::close(fd);
  return written;
}

// Id 0 on a line of its own: runc takes one full line for the initial user namespace.
constexpr const char* kOneToOne = "0 0 1\n1 1 4294967294\n";

// Written from outside, as a map of more than one id has to be.
bool map_ids(pid_t child, Privilege privilege) {
  const auto proc = "/proc/" + std::to_string(child);
  const auto one = [](auto id) { return "0 " + std::to_string(id) + " 1"; };
  const bool all = privilege == Privilege::kMappedRoot;
  if (!all) put((proc + "/setgroups").c_str(), "deny");
  return put((proc + "/uid_map").c_str(), all ? kOneToOne : one(::geteuid())) &&
         put((proc + "/gid_map").c_str(), all ? kOneToOne : one(::getegid()));
}

// In a child: the box's namespaces; its parent maps the ids in between.
std::string enter_box(Privilege privilege) {
  int flags = CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWPID;
  if (privilege == Privilege::kRoot) return ::unshare(flags) == 0 ? "" : "unshare";
  int ready[2];
  if (::pipe2(ready, O_CLOEXEC) != 0) return "pipe";
  const pid_t self = ::getpid();
  const pid_t mapper = ::fork();
  if (mapper == 0) {  // stays outside
    char byte;
    const bool done = ::read(ready[0], &byte, 1) == 1 && map_ids(self, privilege);
    ::_exit(done ? 0 : 1);
  }
  if (::unshare(flags | CLONE_NEWUSER) != 0) return "unshare";
  [[maybe_unused]] const auto n = ::write(ready[1], "1", 1);
  int status = 0;
  ::waitpid(mapper, &status, 0);
  for (const int fd : ready) ::close(fd);
  return status == 0 ? "" : "uid_map";
}

std::string mount_box() {
  if (::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return "private mounts";
  if (::mount("proc", "/proc", "proc", 0, nullptr) != 0) return "proc";
  if (::mount("tmpfs", "/run", "tmpfs", 0, "mode=755") != 0) return "tmpfs on /run";
  return {};
}

[[noreturn]] void refuse(const std::string& what) {
  std::printf("box refused at %s: %s\n", what.c_str(), std::strerror(errno));
  std::fflush(nullptr);
  ::_exit(kSkipped);
}

[[noreturn]] void be_init(Privilege privilege, const std::function<void(RuntimeBox&)>& story) {
  if (const auto refused = mount_box(); !refused.empty()) refuse(refused);
  try {
    RuntimeBox box(privilege);
    story(box);
    EXPECT_EQ(box.leftovers(), std::vector<std::string>());
  } catch (const std::exception& error) {
    ADD_FAILURE() << "exception: " << error.what();
  }
  std::cout.flush();
  std::fflush(nullptr);
  ::_exit(::testing::Test::HasFailure() ? 1 : 0);
}

[[noreturn]] void be_box(Privilege privilege, const std::function<void(RuntimeBox&)>& story) {
  if (const auto refused = enter_box(privilege); !refused.empty()) refuse(refused);
  const pid_t init = ::fork();
  if (init == 0) be_init(privilege, story);
  int status = 0;
  ::waitpid(init, &status, 0);
  if (WIFSIGNALED(status)) std::printf("the story ended by signal %d\n", WTERMSIG(status));
  std::fflush(nullptr);
  ::_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 1);
}

std::vector<std::string> mount_points(const std::string& process = "self") {
  std::vector<std::string> out;
  std::ifstream file("/proc/" + process + "/mountinfo");
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string word;
    for (int i = 0; i < 5; ++i) words >> word;
    out.push_back(word);
  }
  return out;
}

}  // namespace

std::string container_id(const std::string& beginning) {
  return beginning + std::string(64 - beginning.size(), '0');
}

RuntimeBox::RuntimeBox(Privilege privilege) {
  std::string name = (fs::temp_directory_path() / "enibox-runtime-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp");
  state_dir = name;
  run_dir = "/run/enibox";
  if (privilege != Privilege::kUser)
    cgroup = netns::Cgroup::find("enibox-" + fs::path(name).filename().string());
  images_ = std::make_unique<containers::ImageStore>(
      containers::ImageStoreOptions{image_directory(), {}, false});
  mounts_before_ = mount_points();
  restart_runtime();
}

RuntimeBox::~RuntimeBox() {
  runtime_.reset();
  cgroup.kill_all();
  cgroup.remove();
  fs::remove_all(state_dir);
}

void RuntimeBox::restart_runtime() {
  runtime_.reset();
  loop_.restart();
  loop_.poll();
  runtime_ = std::make_unique<containers::ConmonRuntime>(
      loop_, *images_,
      containers::ConmonRuntimeOptions{run_dir, state_dir, cgroup,
                                       "/usr/share/containers/seccomp.json", 2,
                                       [this](const std::string& step) {
                                         if (before_step) before_step(step);
                                       }});
  runtime_->listen({.container_exited = [this](auto exit) { exits[exit.container_id] = exit; },
                    .host_died = [this](auto id) { dead_hosts.push_back(id); },
                    .logged =
                        [this](auto id, auto lines) {
                          auto& all = logs[id];
                          all.insert(all.end(), lines.begin(), lines.end());
                        },
                    .exec_exited = [this](auto id, int code) { exec_codes[id] = code; }});
}

bool RuntimeBox::wait_for(const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    loop_.restart();
    loop_.run_one_for(std::chrono::milliseconds(2));
  }
  return true;
}

containers::HostStarted RuntimeBox::start_host(const std::string& id) {
  return call<containers::HostStarted>([&](auto done) {
           runtime().start_host({.host_id = id,
                                 .image = "instance:latest",
                                 .hostname = "ip-10-0-100-21.ec2.internal",
                                 .etc_hosts = "127.0.0.1 localhost\n",
                                 .resolv_conf = "nameserver 10.0.0.2\n"},
                                done);
         })
      .get();
}

containers::PodStarted RuntimeBox::start_pod(const std::string& id, std::int64_t cpu_units,
                                             std::int64_t memory_bytes) {
  return call<containers::PodStarted>([&](auto done) {
           runtime().start_pod({.pod_id = id,
                                .host_id = "i-1",
                                .container_id = container_id("ff" + id.substr(1)),
                                .image = "pause:latest",
                                .hostname = "ip-10-0-100-57.ec2.internal",
                                .etc_hosts = "10.0.100.57\tip-10-0-100-57.ec2.internal\n",
                                .resolv_conf = "nameserver 10.0.0.2\n",
                                .cpu_units = cpu_units,
                                .memory_bytes = memory_bytes},
                               done);
         })
      .get();
}

containers::ContainerSpec RuntimeBox::shell(const std::string& id, const std::string& script) {
  containers::ContainerSpec spec;
  spec.container_id = container_id(id);
  spec.name = "app";
  spec.pod_id = "t1";
  spec.host_id = "i-1";
  spec.image = "busybox:latest";
  spec.command = {"sh", "-c", script};
  return spec;
}

Outcome<containers::ContainerStarted> RuntimeBox::start(const containers::ContainerSpec& spec) {
  return call<containers::ContainerStarted>(
      [&](auto done) { runtime().start_container(spec, done); });
}

std::string RuntimeBox::stop_host(const std::string& id) {
  return call<Nothing>([&](auto done) { runtime().stop_host(id, done); }).error();
}

std::string RuntimeBox::remove_host(const std::string& id) {
  return call<Nothing>([&](auto done) { runtime().remove_host(id, done); }).error();
}

RuntimeBox::Ran RuntimeBox::run(containers::ExecSpec spec, const std::string& input) {
  auto started = std::make_shared<containers::ExecStarted>();
  auto outcome = call<std::uint64_t>([&](Done<std::uint64_t> done) {
    runtime().exec(spec, [started, done](Outcome<containers::ExecStarted> answer) {
      if (!answer.ok()) return done(std::make_exception_ptr(std::runtime_error(answer.error())));
      *started = std::move(answer.get());
      done(started->exec_id);
    });
  });
  Ran ran;
  if (!outcome.ok()) {
    ran.err = outcome.error();
    return ran;
  }
  const auto id = outcome.get();
  if (!input.empty()) {
    EXPECT_GT(::write(started->in.get(), input.data(), input.size()), 0);
  }
  if (!spec.tty) started->in.reset();
  const auto drain = [](netns::UniqueFd& fd, std::string& out) {
    pollfd entry{fd.get(), POLLIN, 0};
    while (fd && ::poll(&entry, 1, 0) > 0) {
      char buffer[4096];
      const auto n = ::read(fd.get(), buffer, sizeof buffer);
      if (n <= 0) return fd.reset();
      out.append(buffer, static_cast<std::size_t>(n));
    }
  };
  EXPECT_TRUE(wait_for([&] {
    drain(spec.tty ? started->in : started->out, ran.out);
    drain(started->err, ran.err);
    return exec_codes.contains(id) && !(spec.tty ? started->in : started->out);
  }));
  ran.code = exec_codes.contains(id) ? exec_codes.at(id) : -1;
  return ran;
}

RuntimeBox::Ran RuntimeBox::run_on_host(const std::string& script, bool tty) {
  containers::ExecSpec spec;
  spec.host_id = "i-1";
  spec.argv = {"sh", "-c", script};
  spec.tty = tty;
  return run(spec);
}

RuntimeBox::Ran RuntimeBox::run_in(const std::string& id, const std::string& script) {
  containers::ExecSpec spec;
  spec.host_id = "i-1";
  spec.container_id = container_id(id);
  spec.argv = {"sh", "-c", script};
  spec.tty = false;
  return run(spec);
}

std::vector<std::string> RuntimeBox::lines_of(const std::string& id) const {
  std::vector<std::string> out;
  const auto found = logs.find(container_id(id));
  if (found == logs.end()) return out;
  for (const auto& line : found->second) out.push_back((line.from_stderr ? "! " : "") + line.text);
  return out;
}

std::vector<std::string> RuntimeBox::leftovers() {
  std::vector<std::string> out;
  for (const auto& mount : mount_points())
    if (std::count(mounts_before_.begin(), mounts_before_.end(), mount) == 0)
      out.push_back("mount: " + mount);
  for (const char* below : {"/hosts", "/netns"})
    for (const auto& name : containers::names_in(run_dir + below)) out.push_back("run: " + name);
  // A host's disk outlives it.
  for (const auto& host : containers::names_in(state_dir + "/hosts"))
    for (const auto& name : containers::names_in(state_dir + "/hosts/" + host))
      if (name != "disk") out.push_back("state: " + host + "/" + name);
  for (const auto& directory : cgroup.directories())
    for (const auto& name : containers::names_in(directory))
      if (fs::is_directory(directory + "/" + name)) out.push_back("group: " + name);
  for (const auto& name : containers::names_in("/proc")) {
    const auto pid = static_cast<pid_t>(std::atol(name.c_str()));
    // Orphans come to us, process 1.
    if (pid > 1 && ::waitpid(pid, nullptr, WNOHANG) == pid) continue;
    if (pid > 1 && netns::identify_process(pid))
      out.push_back("process: " + netns::read_small_file("/proc/" + name + "/comm").value_or(""));
  }
  return out;
}

std::vector<std::string> RuntimeBox::traces(pid_t host_init) {
  auto out = leftovers();
  for (const auto& top : {run_dir, state_dir}) {
    for (auto at =
             fs::recursive_directory_iterator(top, fs::directory_options::skip_permission_denied);
         at != fs::recursive_directory_iterator(); ++at) {
      if (at->path().filename() == "disk") at.disable_recursion_pending();
      out.push_back("file: " + at->path().string());
    }
  }
  for (const auto& directory : cgroup.directories()) {
    std::error_code error;  // none is there before the first host
    for (auto at = fs::recursive_directory_iterator(directory, error);
         !error && at != fs::recursive_directory_iterator(); at.increment(error))
      if (at->is_directory(error)) out.push_back("group: " + at->path().string());
  }
  if (host_init != 0)
    for (const auto& mount : mount_points(std::to_string(host_init)))
      out.push_back("mount of the host: " + mount);
  std::sort(out.begin(), out.end());
  return out;
}

void in_runtime_box(Privilege privilege, const std::function<void(RuntimeBox&)>& story) {
  if (const auto missing = missing_program(); !missing.empty())
    GTEST_SKIP() << missing << " is not installed";
  if (privilege != Privilege::kUser && ::geteuid() != 0) GTEST_SKIP() << "needs root";
  image_directory();
  std::cout.flush();
  std::fflush(nullptr);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) be_box(privilege, story);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  if (WIFEXITED(status) && WEXITSTATUS(status) == kSkipped)
    GTEST_SKIP() << "the kernel refuses these namespaces here";
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0)
      << "the story in the box failed, see above (status " << status << ")";
}

}  // namespace enibox::test
