#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "emulator/containers/image_archive.hpp"
#include "emulator/containers/image_error.hpp"
#include "emulator/containers/image_layer.hpp"
#include "emulator/containers/runtime.hpp"
#include "netns/handle.hpp"

// Enibox's own store of OCI images: one content-addressed directory, shared by all data dirs and
// daemons of a user.
//
//   DIR/lock             flock: exclusive while something is written, also by other processes
//   DIR/in-use           flock: shared by whoever runs containers; layers go only when none does
//   DIR/index.json       {"images": [{"ref", "manifest", "imported_at_ms"}]}; replaced by rename
//   DIR/blobs/sha256/H   manifests and configurations (layers are kept unpacked only)
//   DIR/layers/H/fs      the unpacked layer whose diff id is sha256:H: an overlay lowerdir
//   DIR/layers/H/size    bytes of its regular files
//   DIR/tmp/             half-made things; swept by the next writer
namespace enibox::containers {

// What an image says about how to run it (OCI image-spec, config.md "config").
struct ImageConfig {
  std::vector<std::string> env, entry_point, command;
  std::string user, working_directory, stop_signal;
  std::vector<std::string> exposed_ports, volumes;  // "80/tcp"; "/data"
  std::map<std::string, std::string> labels;
};

struct Image {
  std::string ref;              // canonical: "docker.io/library/nginx:alpine"
  std::string familiar_ref;     // as docker prints it: "nginx:alpine"
  std::string id;               // "sha256:..." of the configuration: docker's image id
  std::string manifest_digest;  // "sha256:...": imageDigest in DescribeTasks
  std::string created;          // RFC 3339, as the image states it; may be empty
  std::int64_t imported_at_ms = 0;
  std::int64_t size_bytes = 0;  // of the unpacked layers
  std::string architecture;     // "amd64"
  ImageConfig config;
  std::vector<std::string> layer_dirs;  // the top one first, as overlayfs wants them
  bool is_stand_in = false;             // made by a recipe of docker/ from Debian packages
};

// The label that marks a stand-in.
inline constexpr std::string_view kStandInLabel = "io.enibox.stand-in";

struct ImageStoreOptions {
  std::string directory = {};  // empty: default_image_store()
  ImageLimits limits = {};
  bool durable = true;  // an import survives a power cut; costs a syncfs
};

// "/var/lib/enibox/images" for root, "$XDG_DATA_HOME/enibox/images" for others.
std::string default_image_store();

// Any thread, any number of objects and processes on one directory; an object keeps no state but
// its options. Writers wait for each other. Errors: ImageError (a bad archive, a bad name; the text
// is for the user), ImageNotFound, std::system_error.
class ImageStore {
 public:
  explicit ImageStore(ImageStoreOptions options = {});

  const std::string& directory() const { return options_.directory; }

  // Takes in every image of a `docker save` archive or an OCI layout, as a tar (plain, gzip, zstd,
  // xz) or a directory. `as` names an image whose archive does not (or renames the only one).
  // All or nothing: on an error the store is as before. An ordinary user calls it inside a user
  // namespace (netns::run_in_user_namespace): whiteouts and owners need one.
  std::vector<Image> import(const std::string& path, const std::string& as = {});

  // What import() and the packer end in: `make` gets a scratch directory inside the store, while
  // the store is locked, and gives images whose layers are files. Every image needs a name.
  using Maker = std::function<std::vector<ArchivedImage>(const std::string& scratch)>;
  std::vector<Image> add(const Maker& make);

  std::vector<Image> list() const;  // by reference; an empty or absent store has none

  // Throws ImageNotFound with the text ECS stops a task with.
  Image resolve(const std::string& ref) const;
  std::optional<Image> find(const std::string& ref) const;

  // Forgets a reference; blobs and layers that nothing refers to any more go too, unless someone
  // holds a lease (then the next removal takes them). False: there was none.
  bool remove(const std::string& ref);

  // Held (or inherited) by whatever has layers mounted.
  netns::UniqueFd lease() const;

 private:
  struct Entry {
    std::string ref, manifest_digest;
    std::int64_t imported_at_ms = 0;
  };
  std::string path(std::string_view below) const {
    return options_.directory + "/" + std::string(below);
  }
  std::string blob_path(const std::string& digest) const;
  std::string layer_path(const std::string& diff_id) const;
  netns::UniqueFd lock_for_writing() const;
  std::vector<Entry> read_index() const;
  void write_index(const std::vector<Entry>& entries) const;
  std::vector<Image> add_locked(std::vector<ArchivedImage>& images,
                                const std::string& scratch) const;
  Entry store_image(ArchivedImage& image, const std::string& scratch) const;
  void store_blob(const std::string& bytes, const std::string& scratch) const;
  void store_layer(const ArchivedLayer& layer, const std::string& scratch) const;
  Image load(const Entry& entry) const;
  void collect_garbage(const std::vector<Entry>& entries) const;

  ImageStoreOptions options_;
};

// What to do about a missing image; for the log and the console.
std::string import_hint(const std::string& ref);

}  // namespace enibox::containers
