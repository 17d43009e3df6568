#pragma once
#include <map>
#include <string>
#include <vector>

#include "emulator/containers/image_error.hpp"

// Image archives: what `docker save` writes (manifest.json) and OCI image layouts (oci-layout,
// index.json, blobs/), as tar files with or without compression, or as a directory.
namespace enibox::containers {

// A layer as a file: a tar, perhaps compressed.
struct ArchivedLayer {
  std::string file;
  std::string blob_digest;  // of the file's bytes; empty: the archive states none (docker save)
  std::string diff_id;      // of the tar inside
};

struct ArchivedImage {
  std::vector<std::string> refs;      // canonical; empty: the archive names none
  std::string config;                 // JSON
  std::string manifest;               // JSON; empty: the store makes one (docker save)
  std::vector<ArchivedLayer> layers;  // the bottom one first
};

// Reads what is at `path`; members of a tar go to files in `scratch`, under names of our own, so no
// name in the archive ever becomes a path. Digests of documents are verified here, those of layers
// where they are unpacked. Throws ImageError. For several platforms it takes this machine's.
std::vector<ArchivedImage> read_archive(const std::string& path, const std::string& scratch,
                                        const ImageLimits& limits);

// "amd64", "arm64": Go's name for this machine, as images state it.
std::string machine_architecture();

}  // namespace enibox::containers
