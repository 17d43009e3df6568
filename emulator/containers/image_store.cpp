#include "emulator/containers/image_store.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>

#include "emulator/containers/image_digest.hpp"
#include "emulator/containers/image_json.hpp"
#include "emulator/containers/image_reference.hpp"
#include "emulator/containers/layer_directory.hpp"

namespace enibox::containers {
namespace {

namespace fs = std::filesystem;
using netns::throw_errno;
using netns::UniqueFd;
using nlohmann::json;

constexpr const char* kManifestType = "application/vnd.oci.image.manifest.v1+json";
constexpr const char* kConfigType = "application/vnd.oci.image.config.v1+json";
constexpr const char* kLayerType = "application/vnd.oci.image.layer.v1.tar";
constexpr std::int64_t kMaxOwnDocument = 64 << 20;
constexpr std::size_t kHexAt = 7;  // after "sha256:"

// As Docker's daemon words it, with the prefix the ECS agent gives it.
constexpr const char* kPullError = "CannotPullContainerError: Error response from daemon: ";

std::int64_t now_ms() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

void make_directories(const std::string& path, mode_t mode) {
  const auto parent = fs::path(path).parent_path();
  if (!parent.empty()) fs::create_directories(parent);
  if (::mkdir(path.c_str(), mode) != 0 && errno != EEXIST) throw_errno("make " + path);
}

// Written beside, then renamed: a reader sees the old bytes or the new ones.
void replace_file(const std::string& path, const std::string& bytes, const std::string& scratch,
                  bool durable) {
  const auto fresh = scratch + ".new";
  UniqueFd file(::open(fresh.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0644));
  if (!file) throw_errno("make " + fresh);
  for (std::size_t done = 0; done < bytes.size();) {
    const auto n = ::write(file.get(), bytes.data() + done, bytes.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throw_errno("write " + fresh);
    done += static_cast<std::size_t>(n);
  }
  if (durable && ::fsync(file.get()) != 0) throw_errno("write " + fresh);
  if (::rename(fresh.c_str(), path.c_str()) != 0) throw_errno("replace " + path);
}

UniqueFd open_lock(const std::string& path, int operation) {
  UniqueFd file(::open(path.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0644));
  if (!file) throw_errno("open " + path);
  while (::flock(file.get(), operation) != 0) {
    if (errno == EWOULDBLOCK) return UniqueFd();
    if (errno != EINTR) throw_errno("lock " + path);
  }
  return file;
}

// A directory of its own below tmp/, gone at the end however it ends.
class Scratch {
 public:
  explicit Scratch(const std::string& parent) : path_(parent + "/import-XXXXXX") {
    if (!::mkdtemp(path_.data())) throw_errno("make a directory in " + parent);
  }
  ~Scratch() {
    try {
      remove_tree(path_);
    } catch (const std::exception&) {  // the next writer sweeps it
    }
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// `docker save` has no manifest: the one a registry would hold for these uncompressed layers.
std::string manifest_for(const ArchivedImage& image) {
  json layers = json::array();
  for (const auto& layer : image.layers)
    layers.push_back({{"mediaType", kLayerType},
                      {"digest", layer.diff_id},
                      {"size", static_cast<std::int64_t>(fs::file_size(layer.file))}});
  return json{{"schemaVersion", 2},
              {"mediaType", kManifestType},
              {"config",
               {{"mediaType", kConfigType},
                {"digest", sha256_digest(image.config)},
                {"size", image.config.size()}}},
              {"layers", layers}}
      .dump();
}

std::vector<std::string> keys_member(const json& object, const std::string& name) {
  std::vector<std::string> out;
  const auto found = object_member(object, name);  // named: items() keeps only a reference
  for (const auto& [key, ignored] : found.items()) out.push_back(key);
  return out;
}

ImageConfig config_of(const json& document) {
  const auto config = object_member(document, "config");
  ImageConfig out;
  out.env = strings_member(config, "Env");
  out.entry_point = strings_member(config, "Entrypoint");
  out.command = strings_member(config, "Cmd");
  out.user = string_member(config, "User");
  out.working_directory = string_member(config, "WorkingDir");
  out.stop_signal = string_member(config, "StopSignal");
  out.exposed_ports = keys_member(config, "ExposedPorts");
  out.volumes = keys_member(config, "Volumes");
  const auto labels = object_member(config, "Labels");
  for (const auto& [key, value] : labels.items())
    if (value.is_string()) out.labels[key] = value.get<std::string>();
  return out;
}

}  // namespace

std::string default_image_store() {
  if (::geteuid() == 0) return "/var/lib/enibox/images";
  if (const char* data = std::getenv("XDG_DATA_HOME"); data && *data == '/')
    return std::string(data) + "/enibox/images";
  const char* home = std::getenv("HOME");
  if (!home || *home != '/') throw ImageError("no image store: HOME is not set; give --store DIR");
  return std::string(home) + "/.local/share/enibox/images";
}

std::string import_hint(const std::string& ref) {
  return "image " + ref +
         " is not in the image store; import one that `docker save` wrote: enibox image import "
         "FILE (`enibox image ls` shows what is there, `make images` makes the offline stand-ins)";
}

ImageStore::ImageStore(ImageStoreOptions options) : options_(std::move(options)) {
  if (options_.directory.empty()) options_.directory = default_image_store();
  // Layer directories are handed to mount(2) of processes with other working directories.
  options_.directory = fs::absolute(options_.directory).lexically_normal().string();
}

std::string ImageStore::blob_path(const std::string& digest) const {
  if (!is_sha256_digest(digest)) throw ImageError("the image store is damaged: digest " + digest);
  return path("blobs/sha256/" + digest.substr(kHexAt));
}

std::string ImageStore::layer_path(const std::string& diff_id) const {
  if (!is_sha256_digest(diff_id)) throw ImageError("the image store is damaged: layer " + diff_id);
  return path("layers/" + diff_id.substr(kHexAt));
}

UniqueFd ImageStore::lock_for_writing() const {
  make_directories(options_.directory, 0711);
  // Setuid files lie in the layers: nobody but the owner gets to them other than in a container.
  make_directories(path("layers"), 0700);
  make_directories(path("tmp"), 0700);
  make_directories(path("blobs/sha256"), 0755);
  auto lock = open_lock(path("lock"), LOCK_EX);
  // Whatever is in tmp/ now, its writer is dead.
  for (const auto& left : fs::directory_iterator(path("tmp"))) remove_tree(left.path().string());
  return lock;
}

UniqueFd ImageStore::lease() const {
  make_directories(options_.directory, 0711);
  return open_lock(path("in-use"), LOCK_SH);
}

std::vector<ImageStore::Entry> ImageStore::read_index() const {
  const auto file = path("index.json");
  if (!fs::exists(file)) return {};
  const auto index = parse_document(read_document(file, file, kMaxOwnDocument), file);
  std::vector<Entry> out;
  const auto images = index.is_object() ? index.value("images", json::array()) : json::array();
  for (const auto& row : images) {
    const auto when = row.is_object() ? row.value("imported_at_ms", json(0)) : json(0);
    out.push_back({string_member(row, "ref"), string_member(row, "manifest"),
                   when.is_number_integer() ? when.get<std::int64_t>() : 0});
  }
  return out;
}

void ImageStore::write_index(const std::vector<Entry>& entries) const {
  json rows = json::array();
  for (const auto& entry : entries)
    rows.push_back({{"ref", entry.ref},
                    {"manifest", entry.manifest_digest},
                    {"imported_at_ms", entry.imported_at_ms}});
  replace_file(path("index.json"), json{{"images", rows}}.dump(1), path("tmp/index"),
               options_.durable);
}

void ImageStore::store_blob(const std::string& bytes, const std::string& scratch) const {
  const auto to = blob_path(sha256_digest(bytes));
  if (!fs::exists(to)) replace_file(to, bytes, scratch + "/blob", options_.durable);
}

void ImageStore::store_layer(const ArchivedLayer& layer, const std::string& scratch) const {
  const auto to = layer_path(layer.diff_id);
  if (fs::exists(to)) return;
  const auto fresh = scratch + "/layer";
  remove_tree(fresh);
  make_directories(fresh, 0755);
  make_directories(fresh + "/fs", 0755);
  const auto unpacked = unpack_layer(layer.file, fresh + "/fs", options_.limits);
  if (!layer.blob_digest.empty() && unpacked.blob_digest != layer.blob_digest)
    throw ImageError("digest mismatch: layer " + layer.blob_digest + " is " + unpacked.blob_digest);
  if (unpacked.diff_id != layer.diff_id)
    throw ImageError("digest mismatch: layer " + layer.diff_id + " unpacks to " + unpacked.diff_id);
  replace_file(fresh + "/size", std::to_string(unpacked.size_bytes), scratch + "/size",
               options_.durable);
  if (options_.durable) {
    const UniqueFd disk(::open(fresh.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!disk || ::syncfs(disk.get()) != 0) throw_errno("write " + fresh);
  }
  if (::rename(fresh.c_str(), to.c_str()) != 0) throw_errno("store layer " + to);
}

ImageStore::Entry ImageStore::store_image(ArchivedImage& image, const std::string& scratch) const {
  if (image.manifest.empty()) image.manifest = manifest_for(image);
  for (const auto& layer : image.layers) store_layer(layer, scratch);
  store_blob(image.config, scratch);
  store_blob(image.manifest, scratch);
  return {{}, sha256_digest(image.manifest), now_ms()};
}

std::vector<Image> ImageStore::add(const Maker& make) {
  const auto lock = lock_for_writing();
  const Scratch scratch(path("tmp"));
  try {
    auto images = make(scratch.path());
    for (const auto& image : images)
      if (image.refs.empty())
        throw ImageError("the archive does not name its image: give it a name (--as NAME:TAG)");
    return add_locked(images, scratch.path());
  } catch (...) {
    collect_garbage(read_index());  // layers that were already stored
    throw;
  }
}

std::vector<Image> ImageStore::add_locked(std::vector<ArchivedImage>& images,
                                          const std::string& scratch) const {
  auto index = read_index();
  std::vector<Entry> added;
  for (auto& image : images) {
    auto entry = store_image(image, scratch);
    for (const auto& ref : image.refs) {
      entry.ref = ref;
      std::erase_if(index, [&](const Entry& old) { return old.ref == ref; });
      index.push_back(entry);
      added.push_back(entry);
    }
  }
  std::vector<Image> out;  // read back before it is published: what cannot be read is refused
  for (const auto& entry : added) out.push_back(load(entry));
  write_index(index);
  collect_garbage(index);
  return out;
}

std::vector<Image> ImageStore::import(const std::string& archive, const std::string& as) {
  std::string name;
  try {
    if (!as.empty()) name = parse_reference(as).canonical();
  } catch (const InvalidReference& e) {
    throw ImageError(as + ": " + e.what());
  }
  return add([&](const std::string& scratch) {
    auto images = read_archive(archive, scratch, options_.limits);
    if (!name.empty()) {
      if (images.size() != 1)
        throw ImageError("the archive has " + std::to_string(images.size()) +
                         " images: --as can name only one");
      images.front().refs = {name};
    }
    return images;
  });
}

Image ImageStore::load(const Entry& entry) const {
  const auto blob = [&](const std::string& digest) {
    return parse_document(read_document(blob_path(digest), digest, kMaxOwnDocument), digest);
  };
  const auto manifest = blob(entry.manifest_digest);
  Image out;
  out.ref = entry.ref;
  out.familiar_ref = parse_reference(entry.ref).familiar();
  out.manifest_digest = entry.manifest_digest;
  out.imported_at_ms = entry.imported_at_ms;
  out.id = string_member(object_member(manifest, "config"), "digest");
  const auto document = blob(out.id);
  out.created = string_member(document, "created");
  out.architecture = string_member(document, "architecture");
  out.config = config_of(document);
  const auto mark = out.config.labels.find(std::string(kStandInLabel));
  out.is_stand_in = mark != out.config.labels.end() && mark->second == "true";
  for (const auto& id : strings_member(object_member(document, "rootfs"), "diff_ids")) {
    const auto layer = layer_path(id);
    out.layer_dirs.insert(out.layer_dirs.begin(), layer + "/fs");
    out.size_bytes += std::atoll(read_document(layer + "/size", layer, 64).c_str());
  }
  return out;
}

std::vector<Image> ImageStore::list() const {
  auto entries = read_index();
  std::sort(entries.begin(), entries.end(),
            [](const Entry& a, const Entry& b) { return a.ref < b.ref; });
  std::vector<Image> out;
  for (const auto& entry : entries) out.push_back(load(entry));
  return out;
}

std::optional<Image> ImageStore::find(const std::string& ref) const {
  if (is_sha256_digest(ref)) {  // an image id, as `docker inspect` shows it
    for (auto& image : list())
      if (image.id == ref) return image;
    return std::nullopt;
  }
  const auto wanted = parse_reference(ref);
  for (const auto& entry : read_index()) {
    const bool found = wanted.digest.empty()
                           ? entry.ref == wanted.canonical()
                           : entry.manifest_digest == wanted.digest &&
                                 parse_reference(entry.ref).repository() == wanted.repository();
    if (found) return load(entry);
  }
  return std::nullopt;
}

Image ImageStore::resolve(const std::string& ref) const {
  try {
    if (auto found = find(ref)) return *found;
  } catch (const InvalidReference& e) {
    throw ImageNotFound(kPullError + std::string(e.what()));
  }
  if (is_sha256_digest(ref)) throw ImageNotFound(kPullError + ("No such image: " + ref));
  const auto wanted = parse_reference(ref);
  for (const auto& entry : read_index())
    if (parse_reference(entry.ref).repository() == wanted.repository())
      throw ImageNotFound(kPullError + ("manifest for " + wanted.familiar()) +
                          " not found: manifest unknown: manifest unknown");
  throw ImageNotFound(kPullError + ("pull access denied for " + wanted.familiar_repository()) +
                      ", repository does not exist or may require 'docker login': denied: "
                      "requested access to the resource is denied");
}

bool ImageStore::remove(const std::string& ref) {
  if (!fs::exists(path("index.json"))) return false;
  const auto lock = lock_for_writing();
  const auto found = find(ref);
  if (!found) return false;
  auto index = read_index();
  std::erase_if(index, [&](const Entry& entry) { return entry.ref == found->ref; });
  write_index(index);
  collect_garbage(index);
  return true;
}

// A layer under a running container must stay: overlayfs does not survive changes below it. So
// nothing goes while anybody holds a lease.
void ImageStore::collect_garbage(const std::vector<Entry>& entries) const {
  const auto alone = open_lock(path("in-use"), LOCK_EX | LOCK_NB);
  if (!alone) return;
  std::set<std::string> kept;
  for (const auto& entry : entries) {
    const auto image = load(entry);
    kept.insert(blob_path(image.manifest_digest));
    kept.insert(blob_path(image.id));
    for (const auto& layer : image.layer_dirs) kept.insert(fs::path(layer).parent_path().string());
  }
  std::vector<std::string> unused;
  for (const auto* folder : {"blobs/sha256", "layers"})
    for (const auto& item : fs::directory_iterator(path(folder)))
      if (!kept.contains(item.path().string())) unused.push_back(item.path().string());
  for (std::size_t i = 0; i < unused.size(); ++i) {
    // Out of the way by one rename, so that no half-removed layer ever passes for a whole one.
    const auto trash = path("tmp/trash-" + std::to_string(i));
    if (::rename(unused[i].c_str(), trash.c_str()) != 0) throw_errno("remove " + unused[i]);
    remove_tree(trash);
  }
}

}  // namespace enibox::containers
