#pragma once
#include <cstdint>
#include <string>

#include "emulator/containers/image_error.hpp"

// A layer's tar, unpacked into a directory that overlayfs takes as a lowerdir (OCI image-spec,
// layer.md): ".wh.NAME" becomes a character device 0:0, ".wh..wh..opq" the attribute
// user.overlay.opaque of its directory.
namespace enibox::containers {

struct UnpackedLayer {
  std::string diff_id;      // "sha256:..." of the decompressed tar, to its very end
  std::string blob_digest;  // of the file as it is
  std::int64_t size_bytes = 0;
  std::int64_t skipped_devices = 0;  // device nodes are never made: a container has its own /dev
  std::int64_t owners_not_kept = 0;  // ids that this user namespace does not map
};

// `directory` must exist and be empty; on an exception what is in it is of no use. No entry reaches
// outside, through a name or through a link. Throws ImageError, or std::system_error when the disk
// refuses.
UnpackedLayer unpack_layer(const std::string& file, const std::string& directory,
                           const ImageLimits& limits);

}  // namespace enibox::containers
