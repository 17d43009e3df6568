#include "emulator/containers/image_archive.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "emulator/containers/archive_members.hpp"
#include "emulator/containers/image_digest.hpp"
#include "emulator/containers/image_json.hpp"
#include "emulator/containers/image_reference.hpp"

namespace enibox::containers {
namespace {

using nlohmann::json;

constexpr int kMaxIndexDepth = 4;
constexpr std::size_t kMaxImages = 1000;

class ArchiveReading {
 public:
  ArchiveReading(const ArchiveMembers& members, const ImageLimits& limits)
      : members_(members), limits_(limits) {}

  std::vector<ArchivedImage> run() {
    // Docker 25 and later write both forms: the layout has the digests, manifest.json the names.
    if (members_.has("index.json"))
      read_index(document("index.json"), 0, {});
    else if (members_.has("manifest.json"))
      read_docker_save();
    else
      throw ImageError(
          "not an image archive: it has neither manifest.json (docker save) nor index.json (OCI)");
    if (images_.empty()) throw ImageError("the archive has no image" + platforms_seen());
    return std::move(images_);
  }

 private:
  void read_docker_save();
  void read_index(const json& index, int depth, const std::string& name);
  void read_descriptor(const json& descriptor, int depth, const std::string& name);
  void read_manifest(const std::string& digest, const std::string& text, const std::string& name);
  std::vector<std::string> names_of(const std::string& name, const std::string& config_digest);
  bool is_for_this_machine(const json& descriptor);
  std::string blob(const std::string& digest) const;
  static std::string blob_name(const std::string& digest);
  std::string text(const std::string& member) const {
    return read_document(members_.file(member), member, limits_.document_bytes);
  }
  json document(const std::string& member) const { return parse_document(text(member), member); }
  void check(const ArchivedImage& image) const;
  std::vector<std::string> diff_ids_of(const std::string& config, std::size_t layers) const;
  std::string platforms_seen() const;

  const ArchiveMembers& members_;
  const ImageLimits& limits_;
  std::vector<ArchivedImage> images_;
  std::vector<std::string> other_platforms_;
};

std::string ArchiveReading::platforms_seen() const {
  if (other_platforms_.empty()) return {};
  std::string out = " for linux/" + machine_architecture() + ", only for ";
  for (std::size_t i = 0; i < other_platforms_.size(); ++i)
    out += (i ? ", " : "") + other_platforms_[i];
  return out;
}

std::string ArchiveReading::blob_name(const std::string& digest) {
  if (!is_sha256_digest(digest)) throw ImageError("not a sha256 digest: " + digest.substr(0, 100));
  return "blobs/sha256/" + digest.substr(7);
}

// A document by its digest, which is checked: what refers to it by digest must get those bytes.
std::string ArchiveReading::blob(const std::string& digest) const {
  auto bytes = text(blob_name(digest));
  if (const auto actual = sha256_digest(bytes); actual != digest)
    throw ImageError("digest mismatch: blob " + digest + " is " + actual);
  return bytes;
}

std::vector<std::string> ArchiveReading::diff_ids_of(const std::string& config,
                                                     std::size_t layers) const {
  const auto parsed = parse_document(config, "the image configuration");
  const auto rootfs = object_member(parsed, "rootfs");
  auto ids = strings_member(rootfs, "diff_ids");
  if (ids.size() != layers)
    throw ImageError("the image configuration lists " + std::to_string(ids.size()) +
                     " layers, its manifest " + std::to_string(layers));
  for (const auto& id : ids)
    if (!is_sha256_digest(id)) throw ImageError("not a sha256 digest: " + id.substr(0, 100));
  return ids;
}

void ArchiveReading::check(const ArchivedImage& image) const {
  if (image.layers.empty()) throw ImageError("an image without layers");
  if (static_cast<std::int64_t>(image.layers.size()) > limits_.layers)
    throw ImageError("an image with more than " + std::to_string(limits_.layers) + " layers");
  if (images_.size() >= kMaxImages) throw ImageError("an archive with too many images");
}

void ArchiveReading::read_docker_save() {
  const auto manifest = document("manifest.json");
  if (!manifest.is_array()) throw ImageError("manifest.json is not a list");
  for (const auto& row : manifest) {
    if (!row.is_object()) throw ImageError("manifest.json is not a list of objects");
    ArchivedImage image;
    for (const auto& tag : strings_member(row, "RepoTags"))
      image.refs.push_back(parse_reference(tag).canonical());
    const auto config_name = string_member(row, "Config");
    image.config = text(config_name);
    // Both of Docker's names for it state its digest: HEX.json and blobs/sha256/HEX.
    const auto stated = "sha256:" + std::filesystem::path(config_name).stem().string();
    if (is_sha256_digest(stated) && sha256_digest(image.config) != stated)
      throw ImageError("digest mismatch: configuration " + config_name + " is " +
                       sha256_digest(image.config));
    const auto layers = strings_member(row, "Layers");
    const auto diff_ids = diff_ids_of(image.config, layers.size());
    for (std::size_t i = 0; i < layers.size(); ++i)
      image.layers.push_back({members_.file(layers[i]), {}, diff_ids[i]});
    check(image);
    images_.push_back(std::move(image));
  }
}

bool ArchiveReading::is_for_this_machine(const json& descriptor) {
  const auto platform = object_member(descriptor, "platform");
  const auto annotations = object_member(descriptor, "annotations");
  if (string_member(annotations, "vnd.docker.reference.type") == "attestation-manifest")
    return false;
  const auto os = string_member(platform, "os");
  const auto architecture = string_member(platform, "architecture");
  if (architecture.empty()) return true;
  if ((os.empty() || os == "linux") && architecture == machine_architecture()) return true;
  if (architecture != "unknown" && other_platforms_.size() < 20)
    other_platforms_.push_back(os + "/" + architecture);
  return false;
}

void ArchiveReading::read_index(const json& index, int depth, const std::string& name) {
  if (depth > kMaxIndexDepth) throw ImageError("image indexes nested too deep");
  const auto manifests = index.is_object() ? index.value("manifests", json()) : json();
  if (!manifests.is_array()) throw ImageError("an image index without a list of manifests");
  for (const auto& descriptor : manifests) {
    if (!descriptor.is_object()) throw ImageError("an image index with a damaged descriptor");
    if (!is_for_this_machine(descriptor)) continue;
    read_descriptor(descriptor, depth, name);
    if (depth > 0) return;  // the variants of one image: the first that fits
  }
}

void ArchiveReading::read_descriptor(const json& descriptor, int depth, const std::string& name) {
  const auto annotations = object_member(descriptor, "annotations");
  auto own_name = string_member(annotations, "io.containerd.image.name");
  if (own_name.empty()) own_name = string_member(annotations, "org.opencontainers.image.ref.name");
  if (own_name.empty()) own_name = name;
  const auto digest = string_member(descriptor, "digest");
  const auto bytes = blob(digest);
  const auto parsed = parse_document(bytes, "the manifest " + digest);
  if (parsed.contains("manifests")) return read_index(parsed, depth + 1, own_name);
  read_manifest(digest, bytes, own_name);
}

void ArchiveReading::read_manifest(const std::string& digest, const std::string& bytes,
                                   const std::string& name) {
  const auto manifest = parse_document(bytes, "the manifest " + digest);
  const auto config = object_member(manifest, "config");
  const auto layers = manifest.is_object() ? manifest.value("layers", json()) : json();
  if (config.empty() || !layers.is_array())
    throw ImageError("manifest " + digest + " is not an image manifest (schema version 2)");
  ArchivedImage image;
  const auto config_digest = string_member(config, "digest");
  image.refs = names_of(name, config_digest);
  image.manifest = bytes;
  image.config = blob(config_digest);
  const auto diff_ids = diff_ids_of(image.config, layers.size());
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const auto type = string_member(layers[i], "mediaType");
    if (!type.empty() &&
        (type.find("tar") == std::string::npos || type.find("encrypted") != std::string::npos))
      throw ImageError("a layer of a type that cannot be unpacked: " + type.substr(0, 100));
    const auto layer_digest = string_member(layers[i], "digest");
    image.layers.push_back({members_.file(blob_name(layer_digest)), layer_digest, diff_ids[i]});
  }
  check(image);
  images_.push_back(std::move(image));
}

// An annotation may be a whole reference or, as skopeo writes it, only a tag ("latest"), which
// names nothing. manifest.json beside the layout knows the names by configuration.
std::vector<std::string> ArchiveReading::names_of(const std::string& name,
                                                  const std::string& config_digest) {
  if (name.find_first_of(":/") != std::string::npos) return {parse_reference(name).canonical()};
  std::vector<std::string> out;
  if (!members_.has("manifest.json")) return out;
  const auto rows = document("manifest.json");
  for (const auto& row : rows)
    if (row.is_object() && string_member(row, "Config") == blob_name(config_digest))
      for (const auto& tag : strings_member(row, "RepoTags"))
        out.push_back(parse_reference(tag).canonical());
  return out;
}

}  // namespace

std::string machine_architecture() {
  utsname name;
  if (::uname(&name) != 0) return "amd64";
  const std::string machine = name.machine;
  if (machine == "x86_64") return "amd64";
  if (machine == "aarch64") return "arm64";
  return machine;
}

std::vector<ArchivedImage> read_archive(const std::string& path, const std::string& scratch,
                                        const ImageLimits& limits) {
  try {
    const auto members = ArchiveMembers::read(path, scratch, limits);
    return ArchiveReading(members, limits).run();
  } catch (const InvalidReference& e) {
    throw ImageError(std::string("the archive names its image wrongly: ") + e.what());
  }
}

}  // namespace enibox::containers
