// Bytes as an image archive and as a layer: whatever they are, the answer is an ImageError (or
// success), and nothing is written outside the directory given.
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>

#include "emulator/containers/image_archive.hpp"
#include "emulator/containers/image_layer.hpp"
#include "emulator/containers/layer_directory.hpp"

using namespace enibox::containers;

namespace {

constexpr ImageLimits kLimits{.archive_bytes = 1 << 20,
                              .layer_bytes = 1 << 20,
                              .document_bytes = 1 << 16,
                              .members = 100,
                              .layer_entries = 200,
                              .layers = 8};

template <typename Body>
void tolerate(Body body) {
  try {
    body();
  } catch (const ImageError&) {
  } catch (const std::system_error&) {
  }
}

std::string& root_of() {
  static auto* root = new std::string;  // outlives the handler that removes it
  return *root;
}

std::size_t count(const std::string& path) {
  std::size_t found = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(path)) ++found;
  return found;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::string root = [] {
    std::string name = (std::filesystem::temp_directory_path() / "enibox-fuzz-XXXXXX").string();
    if (!::mkdtemp(name.data())) std::abort();
    std::atexit([] { remove_tree(root_of()); });
    return root_of() = name;
  }();
  const std::string archive = root + "/archive", scratch = root + "/scratch", layer = root + "/fs";
  std::ofstream(archive, std::ios::binary)
      .write(reinterpret_cast<const char*>(data), static_cast<std::streamsize>(size));
  std::filesystem::create_directory(scratch);
  std::filesystem::create_directory(layer);
  tolerate([&] { read_archive(archive, scratch, kLimits); });
  tolerate([&] { unpack_layer(archive, layer, kLimits); });
  if (count(root) != 3) std::abort();  // something got out of its directory
  remove_tree(scratch);
  remove_tree(layer);
  return 0;
}
