// The kernel's part of `enibox doctor`: namespaces, network devices, the filter, filesystems.
#include <fcntl.h>
#include <linux/mount.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <stdexcept>

#include "emulator/cli/doctor_checks.hpp"
#include "emulator/cli/doctor_probe.hpp"
#include "netns/bridge.hpp"
#include "netns/link.hpp"
#include "netns/macvlan.hpp"
#include "netns/nftables.hpp"
#include "netns/process.hpp"
#include "netns/user_namespace.hpp"
#include "netns/veth.hpp"

namespace enibox::cli {

namespace {

std::string setting(const char* file) {
  auto text = netns::read_small_file(file).value_or("");
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

// Which of the known switches closes user namespaces on this machine.
std::string mend_user_namespaces() {
  if (setting("/proc/sys/user/max_user_namespaces") == "0") {
    return as_root("sysctl -w user.max_user_namespaces=10000");
  }
  if (setting("/proc/sys/kernel/unprivileged_userns_clone") == "0") {
    return as_root("sysctl -w kernel.unprivileged_userns_clone=1");
  }
  if (setting("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") == "1") {
    return as_root("sysctl -w kernel.apparmor_restrict_unprivileged_userns=0");
  }
  return "in a container: start it with --privileged (its seccomp or AppArmor profile refuses)";
}

void mount_proc() {
  if (::mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr) != 0) {
    netns::throw_errno("mount proc");
  }
}

void make_veth() {
  netns::RouteSocket socket(netns::Namespace::current());
  netns::LinkSpec end, peer;
  end.name = "doctor0";
  peer.name = "doctor1";
  netns::create_veth(socket, end, peer);
}

void make_bridge() {
  netns::RouteSocket socket(netns::Namespace::current());
  netns::LinkSpec bridge;
  bridge.name = "doctor2";
  netns::create_bridge(socket, bridge);
}

void make_macvlan() {
  make_veth();
  netns::RouteSocket socket(netns::Namespace::current());
  const auto lower = netns::find_link(socket, "doctor0");
  if (!lower) throw std::runtime_error("the veth below it is gone");
  netns::LinkSpec link;
  link.name = "doctor3";
  netns::create_macvlan(socket, lower->index, link);
}

Attempt filter(const std::string& commands) {
  return [commands] {
    netns::Nftables nft(netns::Namespace::current());
    nft.apply(commands, "make a table");
  };
}

void cover_tmp() {
  if (::mount("doctor", "/tmp", "tmpfs", 0, "mode=755") != 0) netns::throw_errno("mount tmpfs");
}

void set_user_attribute() {
  cover_tmp();
  if (::setxattr("/tmp", "user.doctor", "1", 1, 0) != 0) netns::throw_errno("set user.doctor");
}

// In `folder` on a disk, as the box has it with a data dir.
Attempt overlay_in(const std::string& folder) {
  return [folder] {
    for (const char* part : {"/lower", "/upper", "/work", "/merged"}) {
      if (::mkdir((folder + part).c_str(), 0755) != 0) netns::throw_errno("make a directory");
    }
    const std::string options = "lowerdir=" + folder + "/lower,upperdir=" + folder +
                                "/upper,workdir=" + folder + "/work,userxattr";
    const std::string merged = folder + "/merged";
    if (::mount("doctor", merged.c_str(), "overlay", 0, options.c_str()) != 0) {
      netns::throw_errno("mount overlay");
    }
    if (::mkdir((merged + "/written").c_str(), 0755) != 0) netns::throw_errno("write into it");
  };
}

Check check_overlay() {
  std::string folder = "/var/tmp/enibox-doctor-XXXXXX";
  if (!::mkdtemp(folder.data())) netns::throw_errno("make a directory in /var/tmp");
  const std::string lack = try_in_box(overlay_in(folder));
  // The work directory is closed to everybody but the root of a user namespace.
  const netns::IdMaps maps = netns::single_id_maps();
  const char* const command[] = {"rm", "-rf", folder.c_str(), nullptr};
  netns::run_in_namespaces(CLONE_NEWUSER, &maps, [&] {
    ::execvp(command[0], const_cast<char* const*>(command));
    return 1;
  });
  return needed("overlayfs in a user namespace", lack, "root filesystems of containers",
                "needs Linux 5.11 or later with CONFIG_OVERLAY_FS ('modprobe overlay')");
}

void mount_by_descriptor() {
  cover_tmp();
  const auto context = static_cast<int>(::syscall(SYS_fsopen, "tmpfs", 0));
  if (context < 0) netns::throw_errno("fsopen");
  if (::syscall(SYS_fsconfig, context, FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) != 0) {
    netns::throw_errno("fsconfig");
  }
  const auto mounted = static_cast<int>(::syscall(SYS_fsmount, context, 0, 0));
  if (mounted < 0) netns::throw_errno("fsmount");
  if (::syscall(SYS_move_mount, mounted, "", AT_FDCWD, "/tmp", MOVE_MOUNT_F_EMPTY_PATH) != 0) {
    netns::throw_errno("move_mount");
  }
}

void open_pidfd() {
  const auto self = netns::identify_process(::getpid());
  if (!self || !netns::open_process(*self)) throw std::runtime_error("pidfd_open does not work");
}

}  // namespace

std::vector<Check> check_namespaces() {
  const std::string user = try_in_box([] {});
  const std::string purpose = "the box that keeps everything apart from the machine";
  const bool root = ::geteuid() == 0;
  std::vector<Check> checks;
  checks.push_back(root ? optional_one("user, mount, network and pid namespaces", user,
                                       purpose + "; root can go without a user namespace",
                                       mend_user_namespaces())
                        : needed("user, mount, network and pid namespaces", user, purpose,
                                 mend_user_namespaces()));
  if (!user.empty()) return checks;
  const std::string proc = try_in_box(mount_proc);
  const std::string mend =
      "in a container: start it with --privileged or "
      "--security-opt systempaths=unconfined";
  checks.push_back(root ? optional_one("a /proc of its own", proc, "the box's process list", mend)
                        : needed("a /proc of its own", proc, "the box's process list", mend));
  checks.push_back(needed("process descriptors (pidfd)", try_in_child(open_pidfd),
                          "to find and end exactly the right process", "needs Linux 5.8 or later"));
  return checks;
}

std::vector<Check> check_network() {
  return {
      needed("veth devices", try_in_box(make_veth), "elastic network interfaces",
             as_root("modprobe veth")),
      needed("bridge devices", try_in_box(make_bridge), "docker0 and ecs-bridge of an instance",
             as_root("modprobe bridge")),
      optional_one("macvlan devices", try_in_box(make_macvlan),
                   "branch interfaces on a shared trunk, when asked for",
                   as_root("modprobe macvlan")),
      needed("nftables, family inet",
             try_in_box(filter("add table inet d; add chain inet d c { type filter hook forward "
                               "priority 0; }; add rule inet d c ct state established accept")),
             "security groups", as_root("modprobe -a nf_tables nft_ct")),
      needed("nftables, family arp",
             try_in_box(filter("add table arp d; add chain arp d c { type filter hook input "
                               "priority 0; }; add rule arp d c arp operation request drop")),
             "forged ARP disturbs no other task", as_root("modprobe nf_tables")),
  };
}

std::vector<Check> check_filesystems() {
  return {
      check_overlay(),
      optional_one("tmpfs with user attributes", try_in_box(set_user_attribute),
                   "an ephemeral box's files in memory; without it they are in /var/tmp",
                   "needs Linux 6.6 or later"),
      needed("mounts by descriptor (fsopen, move_mount)", try_in_box(mount_by_descriptor),
             "root filesystems handed into instances", "needs Linux 5.2 or later"),
  };
}

}  // namespace enibox::cli
