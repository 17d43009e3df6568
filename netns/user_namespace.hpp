#pragma once
#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// Which ids a new user namespace maps, and writing them. user_namespaces(7). Any thread, except
// where said.
namespace enibox::netns {

// `count` ids: `inside` + i in the new namespace is `outside` + i in ours.
struct IdRange {
  std::uint32_t inside = 0;
  std::uint32_t outside = 0;
  std::uint32_t count = 0;
  bool operator==(const IdRange&) const = default;
};

struct IdMaps {
  std::vector<IdRange> uids, gids;
  // Written by newuidmap and newgidmap (set-user-id programs that know /etc/subuid), not by us.
  bool through_helpers = false;
  bool operator==(const IdMaps&) const = default;
};

// The maps for the calling process. Root: every id it has, one to one. Anybody else: the own id
// as 0 and the ranges of /etc/subuid and /etc/subgid after it, or the own id alone.
IdMaps plan_id_maps();

// The own id as 0 and nothing else: what the kernel grants to everybody.
IdMaps single_id_maps();

// Writes the maps of a process that is alone in a new user namespace. With a single id the helpers
// are not asked. Throws std::system_error or std::runtime_error (a helper's failure).
void write_id_maps(pid_t pid, const IdMaps& maps);

// Maps every range of `uid_map` (text of /proc/self/uid_map) to itself. Id 0 gets a line of its
// own: runc takes the one full line "0 0 4294967295" for "no user namespace".
std::vector<IdRange> one_to_one(std::string_view uid_map);

// The ranges that `text` (/etc/subuid or /etc/subgid) gives to a user, by name or by number.
// Lines that are not of subuid(5)'s form are skipped.
std::vector<IdRange> subordinate_ranges(std::string_view text, std::string_view user_name,
                                        std::uint32_t uid);

// Whether `id` exists where the map (text of /proc/self/uid_map or gid_map) holds. An empty text is
// no user namespace: every id does.
bool maps_id(std::string_view id_map, unsigned long id);

// "0 1000 1\n1 100000 65536\n", the form of /proc/PID/uid_map.
std::string render_id_map(const std::vector<IdRange>& ranges);

// Runs `body` in a child in new namespaces (CLONE_NEW... flags; CLONE_NEWUSER with these maps
// when there are any) and gives its exit status, 128 + the signal, or nothing when the namespaces
// could not be made. Single-threaded callers only: `body` may do what a forked child may.
std::optional<int> run_in_namespaces(int flags, const IdMaps* maps,
                                     const std::function<int()>& body);

// Runs `body` as root of a throwaway user namespace with the maps of plan_id_maps(), the ids a box
// of this user has: where files that belong to mapped ids are made and removed. Root needs none:
// `body` then runs in a plain child. Gives its exit status; throws std::runtime_error when the
// kernel refuses. Single-threaded callers only.
int run_in_user_namespace(const std::function<int()>& body);

}  // namespace enibox::netns
