#pragma once
#include <cstdint>
#include <stdexcept>

namespace enibox::containers {

// An archive that is damaged, hostile or not an image at all. The text is for the user.
class ImageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// How much an archive may ask for. An archive that wants more is refused, not cut.
struct ImageLimits {
  std::int64_t archive_bytes = std::int64_t{16} << 30;  // of all members together, decompressed
  std::int64_t layer_bytes = std::int64_t{8} << 30;     // of one layer, decompressed
  std::int64_t document_bytes = 4 << 20;                // of one JSON document
  std::int64_t members = 10'000;                        // of the outer archive
  std::int64_t layer_entries = 2'000'000;
  std::int64_t layers = 256;           // overlayfs takes 500, Docker 127
  std::int64_t path_bytes = 4096;      // PATH_MAX
  std::int64_t xattr_bytes = 1 << 20;  // of one entry
};

}  // namespace enibox::containers
