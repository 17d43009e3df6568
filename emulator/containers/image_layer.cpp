#include "emulator/containers/image_layer.hpp"

#include <unistd.h>

#include "emulator/containers/archive_stream.hpp"
#include "emulator/containers/layer_directory.hpp"

namespace enibox::containers {
namespace {

using netns::throw_errno;
using netns::UniqueFd;

constexpr std::string_view kWhiteoutPrefix = ".wh.";
constexpr std::string_view kReservedPrefix = ".wh..wh.";  // ".wh..wh.plnk": aufs's own notes
constexpr std::string_view kOpaqueMarker = ".wh..wh..opq";

class Unpacking {
 public:
  Unpacking(TarReader& tar, const std::string& directory, const ImageLimits& limits)
      : tar_(tar), target_(directory), limits_(limits) {}

  void run(UnpackedLayer& out) {
    std::int64_t entries = 0;
    while (auto* entry = tar_.next()) {
      if (++entries > limits_.layer_entries)
        throw ImageError("the layer has more than " + std::to_string(limits_.layer_entries) +
                         " entries");
      take(entry);
    }
    target_.finish();
    out.size_bytes = size_bytes_;
    out.skipped_devices = skipped_devices_;
    out.owners_not_kept = target_.owners_not_kept();
  }

 private:
  void take(archive_entry* entry);
  bool take_whiteout(const std::string& path);
  void take_file(archive_entry* entry, const std::string& path);
  void write_content(const UniqueFd& file, const std::string& path, std::int64_t size);
  EntryAttributes attributes_of(archive_entry* entry) const;
  std::string checked(std::string name) const;

  TarReader& tar_;
  LayerDirectory target_;
  const ImageLimits& limits_;
  std::int64_t size_bytes_ = 0, skipped_devices_ = 0;
};

std::string Unpacking::checked(std::string name) const {
  if (static_cast<std::int64_t>(name.size()) > limits_.path_bytes)
    throw ImageError("layer entry with a name of " + std::to_string(name.size()) + " bytes");
  if (name.empty()) throw ImageError("layer entry without a name");
  return name;
}

void Unpacking::take(archive_entry* entry) {
  const auto path = LayerDirectory::normalise(checked(entry_path(entry)));
  if (take_whiteout(path)) return;
  if (const auto target = entry_hardlink(entry); !target.empty())
    return target_.hard_link(path, LayerDirectory::normalise(checked(target)));
  switch (::archive_entry_filetype(entry)) {
    case AE_IFDIR:
      return target_.directory(path, attributes_of(entry));
    case AE_IFREG:
      return take_file(entry, path);
    case AE_IFLNK:
      return target_.symbolic_link(path, checked(entry_symlink(entry)), attributes_of(entry));
    case AE_IFIFO:
      return target_.fifo(path, attributes_of(entry));
    case AE_IFCHR:
    case AE_IFBLK:
      // A node in the store would be a door to the host's device for whoever can reach it, and
      // character device 0:0 is overlayfs's own sign. Containers get their /dev from the runtime.
      ++skipped_devices_;
      return;
    default:
      throw ImageError("layer entry " + path + ": unknown type");
  }
}

bool Unpacking::take_whiteout(const std::string& path) {
  const auto slash = path.rfind('/');
  const auto directory = slash == std::string::npos ? std::string() : path.substr(0, slash);
  const std::string_view name = std::string_view(path).substr(slash + 1);
  if (!name.starts_with(kWhiteoutPrefix)) return false;
  if (name == kOpaqueMarker) {
    target_.opaque(directory);
  } else if (!name.starts_with(kReservedPrefix)) {
    const std::string hidden(name.substr(kWhiteoutPrefix.size()));
    if (hidden.empty() || hidden == "." || hidden == "..")
      throw ImageError("layer entry " + path + ": a whiteout of nothing");
    target_.whiteout(directory.empty() ? hidden : directory + "/" + hidden);
  }
  return true;
}

void Unpacking::take_file(archive_entry* entry, const std::string& path) {
  const std::int64_t size = ::archive_entry_size_is_set(entry) ? ::archive_entry_size(entry) : 0;
  // Sparse files: the size is what the file claims, however little the archive holds of it.
  if (size < 0 || size > limits_.layer_bytes - size_bytes_)
    throw ImageError("the layer unpacks to more than " + std::to_string(limits_.layer_bytes) +
                     " bytes");
  size_bytes_ += size;
  const auto file = target_.create_file(path);
  write_content(file, path, size);
  target_.finish_file(file, attributes_of(entry));
}

void Unpacking::write_content(const UniqueFd& file, const std::string& path, std::int64_t size) {
  const void* block = nullptr;
  std::size_t length = 0;
  la_int64_t offset = 0;
  while (true) {
    const int result = ::archive_read_data_block(tar_.get(), &block, &length, &offset);
    if (result == ARCHIVE_EOF) break;
    if (result < ARCHIVE_WARN) tar_.fail();
    if (offset < 0 || offset > size || static_cast<std::int64_t>(length) > size - offset)
      throw ImageError("layer entry " + path + ": more content than its size says");
    for (std::size_t done = 0; done < length;) {
      const auto n = ::pwrite(file.get(), static_cast<const char*>(block) + done, length - done,
                              offset + static_cast<off_t>(done));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) throw_errno("unpack " + path);
      done += static_cast<std::size_t>(n);
    }
  }
  if (::ftruncate(file.get(), size) != 0) throw_errno("unpack " + path);
}

EntryAttributes Unpacking::attributes_of(archive_entry* entry) const {
  EntryAttributes out;
  out.uid = ::archive_entry_uid(entry);
  out.gid = ::archive_entry_gid(entry);
  out.mode = ::archive_entry_perm(entry);
  out.mtime.tv_sec = ::archive_entry_mtime(entry);
  const long nanoseconds = ::archive_entry_mtime_nsec(entry);
  out.mtime.tv_nsec = nanoseconds >= 0 && nanoseconds < 1'000'000'000 ? nanoseconds : 0;
  ::archive_entry_xattr_reset(entry);
  const char* name = nullptr;
  const void* value = nullptr;
  std::size_t size = 0;
  std::int64_t total = 0;
  while (::archive_entry_xattr_next(entry, &name, &value, &size) == ARCHIVE_OK) {
    total += static_cast<std::int64_t>(size);
    if (total > limits_.xattr_bytes) throw ImageError("layer entry with oversized attributes");
    if (name && value) out.xattrs[name].assign(static_cast<const char*>(value), size);
  }
  return out;
}

}  // namespace

UnpackedLayer unpack_layer(const std::string& file, const std::string& directory,
                           const ImageLimits& limits) {
  const Utf8Locale locale;
  DecompressedFile content(file, limits.layer_bytes);
  UnpackedLayer out;
  {
    TarReader tar(content);
    Unpacking(tar, directory, limits).run(out);
  }
  out.diff_id = content.content_digest();
  out.blob_digest = content.file_digest();
  return out;
}

}  // namespace enibox::containers
