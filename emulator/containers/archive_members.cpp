#include "emulator/containers/archive_members.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <filesystem>

#include "emulator/containers/archive_stream.hpp"
#include "emulator/containers/layer_directory.hpp"

namespace enibox::containers {
namespace {

using netns::UniqueFd;

constexpr int kMaxLinks = 8;

// Where a link of member `name` points: skopeo links ID/layer.tar to ../DIGEST.tar.
std::string resolve_link(const std::string& name, const std::string& target) {
  if (target.starts_with('/')) throw ImageError("archive member " + name + " links to " + target);
  const auto joined =
      (std::filesystem::path(name).parent_path() / target).lexically_normal().generic_string();
  return LayerDirectory::normalise(joined);  // throws when it left the archive
}

void copy_content(TarReader& tar, const std::string& to) {
  const UniqueFd file(::open(to.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600));
  if (!file) netns::throw_errno("make " + to);
  char buffer[64 * 1024];
  while (true) {
    const auto n = ::archive_read_data(tar.get(), buffer, sizeof buffer);
    if (n < 0) tar.fail();
    if (n == 0) return;
    for (la_ssize_t done = 0; done < n;) {
      const auto written = ::write(file.get(), buffer + done, static_cast<std::size_t>(n - done));
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) netns::throw_errno("write " + to);
      done += written;
    }
  }
}

}  // namespace

ArchiveMembers ArchiveMembers::read(const std::string& path, const std::string& scratch,
                                    const ImageLimits& limits) {
  ArchiveMembers out;
  if (std::filesystem::is_directory(path))
    out.read_directory(path, limits);
  else
    out.read_tar(path, scratch, limits);
  return out;
}

void ArchiveMembers::read_tar(const std::string& path, const std::string& scratch,
                              const ImageLimits& limits) {
  const Utf8Locale locale;
  DecompressedFile content(path, limits.archive_bytes);
  TarReader tar(content);
  std::int64_t count = 0, bytes = 0;
  while (auto* entry = tar.next()) {
    if (++count > limits.members)
      throw ImageError("the archive has more than " + std::to_string(limits.members) + " members");
    const auto raw_name = entry_path(entry);
    if (static_cast<std::int64_t>(raw_name.size()) > limits.path_bytes)
      throw ImageError("archive member with a name of " + std::to_string(raw_name.size()) +
                       " bytes");
    const auto name = LayerDirectory::normalise(raw_name);
    if (const auto link = entry_hardlink(entry); !link.empty()) {
      members_[name] = {{}, LayerDirectory::normalise(link)};
    } else if (::archive_entry_filetype(entry) == AE_IFLNK) {
      members_[name] = {{}, resolve_link(name, entry_symlink(entry))};
    } else if (::archive_entry_filetype(entry) == AE_IFREG) {
      // A sparse member claims more than the archive holds; no tool writes images so.
      if (::archive_entry_sparse_count(entry) > 0)
        throw ImageError("archive member " + name + " is sparse");
      const auto size = ::archive_entry_size(entry);
      if (size < 0 || size > limits.archive_bytes - bytes)
        throw ImageError("the archive unpacks to more than " +
                         std::to_string(limits.archive_bytes) + " bytes");
      bytes += size;
      const auto file = scratch + "/member-" + std::to_string(count);
      copy_content(tar, file);
      members_[name] = {file, {}};
    }
  }
}

void ArchiveMembers::read_directory(const std::string& path, const ImageLimits& limits) {
  namespace fs = std::filesystem;
  std::int64_t count = 0;
  for (const auto& entry : fs::recursive_directory_iterator(path)) {
    if (++count > limits.members)
      throw ImageError("the directory has more than " + std::to_string(limits.members) + " files");
    if (!entry.is_regular_file() || entry.is_symlink()) continue;
    members_[entry.path().lexically_relative(path).generic_string()] = {entry.path().string(), {}};
  }
}

const ArchiveMembers::Member* ArchiveMembers::find(std::string name) const {
  for (int links = 0; links <= kMaxLinks; ++links) {
    const auto found = members_.find(name);
    if (found == members_.end()) return nullptr;
    if (!found->second.file.empty()) return &found->second;
    name = found->second.target;
  }
  throw ImageError("archive member " + name.substr(0, 100) + ": links without end");
}

bool ArchiveMembers::has(const std::string& name) const { return find(name) != nullptr; }

std::string ArchiveMembers::file(const std::string& name) const {
  const auto* member = find(LayerDirectory::normalise(name));
  if (!member) throw ImageError("the archive lacks " + name.substr(0, 200));
  return member->file;
}

}  // namespace enibox::containers
