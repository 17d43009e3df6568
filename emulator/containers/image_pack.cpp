#include "emulator/containers/image_pack.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <ctime>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>

#include "emulator/containers/archive_stream.hpp"
#include "emulator/containers/image_json.hpp"
#include "emulator/containers/image_reference.hpp"

namespace enibox::containers {
namespace {

namespace fs = std::filesystem;
using netns::throw_errno;
using netns::UniqueFd;
using nlohmann::json;

using ArchiveWriter = netns::Handle<::archive, ::archive_write_free>;
using Entry = netns::Handle<archive_entry, ::archive_entry_free>;

std::int64_t number_member(const json& object, const char* name, std::int64_t otherwise) {
  const auto found = object.find(name);
  if (found == object.end()) return otherwise;
  if (!found->is_number_unsigned()) throw ImageError(std::string(name) + " is not a number");
  return found->get<std::int64_t>();
}

// Writes a directory as a tar, in the order of names.
class Packing {
 public:
  Packing(std::string root, const json& files, const std::string& to)
      : root_(std::move(root)), files_(files), writer_(::archive_write_new()) {
    auto* writer = writer_.get();
    ::archive_write_set_format_pax_restricted(writer);
    ::archive_write_add_filter_none(writer);
    if (::archive_write_open_filename(writer, to.c_str()) != ARCHIVE_OK) fail();
  }

  void run() {
    add_directory("");
    for (const auto& [path, ignored] : files_.items())
      if (!used_.contains(path)) throw ImageError("\"files\" names what is not there: " + path);
    if (::archive_write_close(writer_.get()) != ARCHIVE_OK) fail();
  }

 private:
  [[noreturn]] void fail() const {
    throw ImageError(std::string("cannot write the layer: ") +
                     ::archive_error_string(writer_.get()));
  }
  void add_directory(const std::string& path);
  void add(const std::string& path);
  void apply_overrides(const std::string& path, archive_entry* entry);
  void add_content(const std::string& path);

  const std::string root_;
  const json& files_;
  std::map<std::string, bool> used_;
  std::map<std::pair<dev_t, ino_t>, std::string> links_;
  ArchiveWriter writer_;
};

void Packing::add_directory(const std::string& path) {
  std::vector<std::string> names;
  for (const auto& item : fs::directory_iterator(root_ + path))
    names.push_back(item.path().filename().string());
  std::sort(names.begin(), names.end());
  for (const auto& name : names) add(path + "/" + name);
}

void Packing::apply_overrides(const std::string& path, archive_entry* entry) {
  // Owners of the directories above hold below too; the nearest one wins.
  for (std::size_t end = path.find('/', 1);; end = path.find('/', end + 1)) {
    const auto prefix = path.substr(0, end);
    const auto found = files_.find(prefix);
    if (found != files_.end()) {
      used_[prefix] = true;
      ::archive_entry_set_uid(entry, number_member(*found, "uid", ::archive_entry_uid(entry)));
      ::archive_entry_set_gid(entry, number_member(*found, "gid", ::archive_entry_gid(entry)));
      const auto mode = string_member(*found, "mode");
      if (prefix == path && !mode.empty()) {
        unsigned value = 0;
        const auto parsed = std::from_chars(mode.data(), mode.data() + mode.size(), value, 8);
        if (parsed.ec != std::errc() || parsed.ptr != mode.data() + mode.size() || value > 07777)
          throw ImageError("not an octal mode: " + mode);
        ::archive_entry_set_perm(entry, value);
      }
    }
    if (end == std::string::npos) return;
  }
}

void Packing::add(const std::string& path) {
  struct stat about;
  if (::lstat((root_ + path).c_str(), &about) != 0) throw_errno("pack " + path);
  const auto type = about.st_mode & S_IFMT;
  if (type != S_IFREG && type != S_IFDIR && type != S_IFLNK && type != S_IFIFO) return;

  Entry entry(::archive_entry_new());
  ::archive_entry_set_pathname(entry.get(), path.substr(1).c_str());
  ::archive_entry_set_filetype(entry.get(), type);
  ::archive_entry_set_perm(entry.get(), about.st_mode & 07777);
  ::archive_entry_set_uid(entry.get(), 0);
  ::archive_entry_set_gid(entry.get(), 0);
  ::archive_entry_set_mtime(entry.get(), about.st_mtime, 0);
  ::archive_entry_set_size(entry.get(), type == S_IFREG ? about.st_size : 0);
  if (type == S_IFLNK)
    ::archive_entry_set_symlink(entry.get(), fs::read_symlink(root_ + path).c_str());
  apply_overrides(path, entry.get());
  bool has_content = type == S_IFREG;
  if (type == S_IFREG && about.st_nlink > 1) {
    const auto [first, fresh] = links_.try_emplace({about.st_dev, about.st_ino}, path.substr(1));
    if (!fresh) {
      ::archive_entry_set_hardlink(entry.get(), first->second.c_str());
      ::archive_entry_set_size(entry.get(), 0);
      has_content = false;
    }
  }
  if (::archive_write_header(writer_.get(), entry.get()) < ARCHIVE_WARN) fail();
  if (has_content) add_content(path);
  if (type == S_IFDIR) add_directory(path);
}

void Packing::add_content(const std::string& path) {
  const UniqueFd file(::open((root_ + path).c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  if (!file) throw_errno("pack " + path);
  char buffer[64 * 1024];
  while (true) {
    const auto n = ::read(file.get(), buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throw_errno("pack " + path);
    if (n == 0) return;
    if (::archive_write_data(writer_.get(), buffer, static_cast<std::size_t>(n)) < 0) fail();
  }
}

std::string now_rfc3339() {
  const auto now = std::time(nullptr);
  std::tm parts;
  char text[32];
  ::gmtime_r(&now, &parts);
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

}  // namespace

ArchivedImage pack_image(const std::string& directory, const std::string& recipe_text,
                         const std::vector<std::string>& refs, const std::string& scratch) {
  const Utf8Locale locale;
  const auto recipe = parse_document(recipe_text, "the recipe");
  const auto files = object_member(recipe, "files");
  for (const auto& [path, about] : files.items())
    if (!about.is_object()) throw ImageError("\"files\": " + path + " is not an object");
  if (!fs::is_directory(directory)) throw ImageError(directory + " is not a directory");

  ArchivedImage image;
  ArchivedLayer layer;
  layer.file = scratch + "/packed.tar";
  Packing(fs::path(directory).string(), files, layer.file).run();
  layer.diff_id = DecompressedFile(layer.file, INT64_MAX).content_digest();

  const auto created = string_member(recipe, "created");
  image.config = json{{"architecture", machine_architecture()},
                      {"os", "linux"},
                      {"created", created.empty() ? now_rfc3339() : created},
                      {"config", object_member(recipe, "config")},
                      {"rootfs", {{"type", "layers"}, {"diff_ids", {layer.diff_id}}}}}
                     .dump();
  try {
    for (const auto& ref : refs) image.refs.push_back(parse_reference(ref).canonical());
  } catch (const InvalidReference& e) {
    throw ImageError(e.what());
  }
  image.layers.push_back(std::move(layer));
  return image;
}

}  // namespace enibox::containers
