#pragma once
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "emulator/containers/image_digest.hpp"
#include "emulator/containers/image_store.hpp"
#include "tests/unit/tar_builder.hpp"

namespace enibox::testing {

// A directory of the test's own, with a store in it, and the archives a test packs.
class ImageTest : public ::testing::Test {
 protected:
  ImageTest() {
    std::string name = (std::filesystem::temp_directory_path() / "enibox-image-XXXXXX").string();
    if (!::mkdtemp(name.data())) throw std::runtime_error("mkdtemp");
    dir_ = name;
  }
  ~ImageTest() override { std::filesystem::remove_all(dir_); }

  containers::ImageStore store() { return store({}); }
  containers::ImageStore store(containers::ImageLimits limits) {
    return containers::ImageStore({dir_ + "/store", limits, false});
  }
  std::string write(const std::string& name, const std::string& bytes) const {
    std::ofstream(dir_ + "/" + name, std::ios::binary) << bytes;
    return dir_ + "/" + name;
  }
  static std::string read(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  static nlohmann::json config_for(const std::vector<std::string>& layers) {
    nlohmann::json ids = nlohmann::json::array();
    for (const auto& layer : layers) ids.push_back(containers::sha256_digest(layer));
    return {{"architecture", "amd64"},
            {"os", "linux"},
            {"created", "2024-01-02T03:04:05Z"},
            {"config",
             {{"Env", {"PATH=/bin"}},
              {"Cmd", {"nginx", "-g", "daemon off;"}},
              {"ExposedPorts", {{"80/tcp", nlohmann::json::object()}}},
              {"StopSignal", "SIGQUIT"}}},
            {"rootfs", {{"type", "layers"}, {"diff_ids", ids}}}};
  }

  // What `docker save` of one image writes.
  static TarBuilder docker_save(const std::vector<std::string>& tags,
                                const std::vector<std::string>& layers,
                                nlohmann::json config = nullptr) {
    if (config.is_null()) config = config_for(layers);
    TarBuilder tar;
    nlohmann::json names = nlohmann::json::array();
    for (std::size_t i = 0; i < layers.size(); ++i) {
      names.push_back("l" + std::to_string(i) + "/layer.tar");
      tar.file(names.back(), layers[i]);
    }
    const auto text = config.dump();
    const auto config_name = containers::sha256_digest(text).substr(7) + ".json";
    tar.file(config_name, text);
    tar.file(
        "manifest.json",
        nlohmann::json::array({{{"Config", config_name}, {"RepoTags", tags}, {"Layers", names}}})
            .dump());
    return tar;
  }

  // Everything below the store but its fixed furniture: what an import must not leave behind.
  std::vector<std::string> store_contents() const {
    std::vector<std::string> out;
    for (const auto* folder : {"tmp", "layers", "blobs/sha256"}) {
      const auto path = dir_ + "/store/" + folder;
      if (!std::filesystem::exists(path)) continue;
      for (const auto& entry : std::filesystem::directory_iterator(path))
        out.push_back(std::string(folder) + "/" + entry.path().filename().string());
    }
    return out;
  }

  std::string dir_;
};

}  // namespace enibox::testing
