#include <sys/stat.h>
#include <unistd.h>

#include "emulator/containers/layer_directory.hpp"
#include "tests/unit/image_fixture.hpp"

// Archives made to do harm: each is refused with a clear text, and the store is as before.
namespace enibox::containers {
namespace {

using nlohmann::json;
using testing::ImageTest;
using testing::TarBuilder;

class HostileImageTest : public ImageTest {
 protected:
  // The error's text; also proves that nothing was left in the store or beside it.
  std::string refusal(const std::string& archive, ImageLimits limits = {}) {
    auto images = store(limits);
    const auto path = write("hostile.tar", archive);
    std::string text = "(taken)";
    try {
      images.import(path);
    } catch (const ImageError& e) {
      text = e.what();
    }
    EXPECT_EQ(store_contents(), std::vector<std::string>{});
    EXPECT_TRUE(images.list().empty());
    for (const auto& entry : std::filesystem::directory_iterator(dir_)) {
      const auto name = entry.path().filename();
      EXPECT_TRUE(name == "store" || name == "hostile.tar" || name == "victim") << name;
    }
    return text;
  }
  std::string layer_refusal(const TarBuilder& layer, ImageLimits limits = {}) {
    return refusal(docker_save({"x"}, {layer.str()}).str(), limits);
  }
  static bool says(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
  }
};

TEST_F(HostileImageTest, NamesThatLeaveTheRoot) {
  for (const auto& name : {"/etc/passwd", "../victim", "a/../../victim", "a/b/.."}) {
    const auto text = layer_refusal(TarBuilder().file(name, "x"));
    EXPECT_TRUE(says(text, "absolute path") || says(text, "'..'")) << name << ": " << text;
  }
  EXPECT_FALSE(std::filesystem::exists(dir_ + "/victim"));
}

TEST_F(HostileImageTest, WritingThroughASymbolicLink) {
  std::filesystem::create_directory(dir_ + "/victim");
  for (const auto& target :
       {dir_ + "/victim", std::string("../../../../victim"), std::string("d")}) {
    const TarBuilder layer =
        TarBuilder().directory("d/").symlink("link", target).file("link/file", "x");
    EXPECT_TRUE(says(layer_refusal(layer), "symbolic link")) << target;
  }
  for (const auto& marker : {"link/.wh..wh..opq", "link/.wh.file"}) {
    const auto layer = TarBuilder().symlink("link", dir_ + "/victim").file(marker, "");
    EXPECT_TRUE(says(layer_refusal(layer), "symbolic link")) << marker;
  }
  EXPECT_TRUE(std::filesystem::is_empty(dir_ + "/victim"));
}

TEST_F(HostileImageTest, AFileInPlaceOfALinkReplacesTheLinkOnly) {
  write("victim", "precious");
  auto images = store();
  const auto layer = TarBuilder().symlink("f", dir_ + "/victim").file("f", "new").str();
  const auto image = images.import(write("a.tar", docker_save({"x"}, {layer}).str()))[0];
  EXPECT_EQ(read(dir_ + "/victim"), "precious");
  EXPECT_EQ(read(image.layer_dirs[0] + "/f"), "new");
}

TEST_F(HostileImageTest, HardLinksOutOfTheLayer) {
  write("victim", "precious");
  EXPECT_TRUE(says(layer_refusal(TarBuilder().hardlink("f", dir_ + "/victim")), "absolute path"));
  EXPECT_TRUE(says(layer_refusal(TarBuilder().hardlink("f", "../../victim")), "'..'"));
  EXPECT_TRUE(says(layer_refusal(TarBuilder().hardlink("f", "nowhere")), "hard link"));
  EXPECT_TRUE(says(layer_refusal(TarBuilder().directory("d/").hardlink("f", "d")), "hard link"));
  EXPECT_TRUE(
      says(layer_refusal(TarBuilder().symlink("l", dir_).hardlink("f", "l/victim")), "hard link"));
  struct stat victim;
  ASSERT_EQ(::stat((dir_ + "/victim").c_str(), &victim), 0);
  EXPECT_EQ(victim.st_nlink, 1u);
}

TEST_F(HostileImageTest, DeviceNodesAreNotMade) {
  auto images = store();
  const auto layer = TarBuilder().device("dev/sda", '4').device("null").file("f", "x").str();
  const auto image = images.import(write("a.tar", docker_save({"x"}, {layer}).str()))[0];
  EXPECT_FALSE(std::filesystem::exists(image.layer_dirs[0] + "/dev/sda"));
  EXPECT_FALSE(std::filesystem::exists(image.layer_dirs[0] + "/null"));
  EXPECT_EQ(read(image.layer_dirs[0] + "/f"), "x");
}

TEST_F(HostileImageTest, WhiteoutsOfNothing) {
  for (const auto& name : {"d/.wh.", "d/.wh..", "d/.wh..."})
    EXPECT_TRUE(says(layer_refusal(TarBuilder().file(name, "")), "whiteout of nothing")) << name;
}

TEST_F(HostileImageTest, WrongDigests) {
  const auto layer = TarBuilder().file("f", "x").str();
  const auto other = TarBuilder().file("f", "y").str();
  EXPECT_TRUE(says(refusal(docker_save({"x"}, {layer}, config_for({other})).str()),
                   "digest mismatch: layer " + sha256_digest(other)));

  const auto manifest_for = [](const std::string& config_digest, const std::string& layer_digest) {
    return json{{"config", {{"digest", config_digest}}},
                {"layers", {{{"mediaType", "tar"}, {"digest", layer_digest}}}}}
        .dump();
  };
  const auto config = config_for({layer}).dump();
  const auto oci = [&](const std::string& config_bytes, const std::string& layer_bytes) {
    const auto manifest = manifest_for(sha256_digest(config), sha256_digest(layer));
    const auto blob = [](const std::string& bytes) {
      return "blobs/sha256/" + sha256_digest(bytes).substr(7);
    };
    return TarBuilder()
        .file("index.json", json{{"manifests", {{{"digest", sha256_digest(manifest)}}}}}.dump())
        .file(blob(manifest), manifest)
        .file(blob(config), config_bytes)
        .file(blob(layer), layer_bytes)
        .str();
  };
  EXPECT_TRUE(says(refusal(oci(config + " ", layer)), "digest mismatch: blob"));
  EXPECT_TRUE(says(refusal(oci(config, layer)), "does not name its image"));
}

TEST_F(HostileImageTest, TruncatedAnywhere) {
  const auto archive = docker_save({"x"}, {TarBuilder().file("f", std::string(3000, 'x')).str()});
  const auto whole = archive.unterminated();
  for (std::size_t length = 0; length + 512 < whole.size(); length += 397) {
    const auto text = refusal(whole.substr(0, length));
    EXPECT_NE(text, "(taken)") << length << " of " << whole.size();
  }
}

TEST_F(HostileImageTest, NotAnArchiveAtAll) {
  for (const auto& bytes : {std::string(), std::string("hello"), std::string(5000, '\xff'),
                            std::string("\x1f\x8b\x08garbage"), std::string(4096, '\0')})
    EXPECT_NE(refusal(bytes), "(taken)");
  EXPECT_TRUE(says(refusal(TarBuilder().file("f", "x").str()), "not an image archive"));
}

TEST_F(HostileImageTest, MoreThanTheLimitsAllow) {
  const auto big = TarBuilder().file("f", std::string(100'000, '\0'));
  EXPECT_TRUE(says(layer_refusal(big, {.layer_bytes = 50'000}), "more than 50000 bytes"));
  EXPECT_TRUE(says(layer_refusal(big, {.archive_bytes = 50'000}), "more than 50000 bytes"));
  EXPECT_TRUE(
      says(layer_refusal(TarBuilder().claim("f", std::uint64_t{1} << 32), {.layer_bytes = 1 << 30}),
           "more than 1073741824 bytes"));
  TarBuilder many;
  for (int i = 0; i < 50; ++i) many.file("f" + std::to_string(i), "");
  EXPECT_TRUE(says(layer_refusal(many, {.layer_entries = 20}), "more than 20 entries"));
  EXPECT_TRUE(says(refusal(many.str(), {.members = 20}), "more than 20 members"));
  EXPECT_TRUE(says(layer_refusal(TarBuilder().pax("path", std::string(5000, 'a')).file("f", "")),
                   "a name of 5000 bytes"));
  EXPECT_TRUE(says(layer_refusal(TarBuilder().pax("path", std::string(300, 'a')).file("f", "")),
                   "File name too long"));
  std::string deep;
  for (int i = 0; i < 300; ++i) deep += "d/";
  EXPECT_TRUE(says(layer_refusal(TarBuilder().pax("path", deep).directory("f")), "nested deeper"));
  const auto one = TarBuilder().file("f", "").str();
  EXPECT_TRUE(says(refusal(docker_save({"x"}, {one, one, one}).str(), {.layers = 2}),
                   "more than 2 layers"));
  EXPECT_TRUE(
      says(refusal(docker_save({"x"}, {one}).str(), {.document_bytes = 20}), "more than 20 bytes"));
}

TEST_F(HostileImageTest, SparseFilesThatClaimTheWorld) {
  const auto layer = TarBuilder()
                         .pax("GNU.sparse.realsize", "1099511627776")
                         .pax("GNU.sparse.size", "1099511627776")
                         .file("f", "0")
                         .str();
  auto images = store(ImageLimits{.layer_bytes = 1 << 20});
  try {
    images.import(write("a.tar", docker_save({"x"}, {layer}).str()));
  } catch (const ImageError&) {
  }
  for (const auto& entry : std::filesystem::recursive_directory_iterator(dir_ + "/store")) {
    if (!entry.is_regular_file()) continue;
    EXPECT_LT(entry.file_size(), 1u << 21) << entry.path();
  }
}

TEST_F(HostileImageTest, DocumentsOfTheWrongShape) {
  const auto layer = TarBuilder().file("f", "x").str();
  const auto with = [&](const std::string& manifest, const std::string& config) {
    return TarBuilder()
        .file("l.tar", layer)
        .file("c.json", config)
        .file("manifest.json", manifest)
        .str();
  };
  const std::string good = R"([{"Config":"c.json","RepoTags":["x"],"Layers":["l.tar"]}])";
  const auto config = config_for({layer}).dump();
  for (const char* bad :
       {"", "{", "[]", "{}", "null", "7", "[7]", R"([{"Config":7}])", R"([{"Config":"nope"}])",
        R"([{"Config":"../c.json","Layers":["l.tar"]}])",
        R"([{"Config":"c.json","RepoTags":"x","Layers":["l.tar"]}])",
        R"([{"Config":"c.json","RepoTags":["x"],"Layers":["/etc/passwd"]}])",
        R"([{"Config":"c.json","RepoTags":["x"],"Layers":[["l.tar"]]}])",
        R"([{"Config":"c.json","RepoTags":["UPPER"],"Layers":["l.tar"]}])",
        R"([{"Config":"c.json","RepoTags":["x"],"Layers":[]}])"})
    EXPECT_NE(refusal(with(bad, config)), "(taken)") << bad;
  for (const std::string& bad :
       {std::string("[]"), std::string(R"({"rootfs":7})"),
        std::string(R"({"rootfs":{"diff_ids":["sha256:../../x"]}})"),
        std::string(R"({"rootfs":{"diff_ids":[]}})"), std::string(100'000, '['),
        R"({"config":{"Env":"x"},"rootfs":{"diff_ids":[")" + sha256_digest(layer) + "\"]}}"})
    EXPECT_NE(refusal(with(good, bad)), "(taken)") << bad.substr(0, 80);
}

TEST_F(HostileImageTest, LinksAmongMembers) {
  EXPECT_TRUE(
      says(refusal(TarBuilder().symlink("manifest.json", "../../etc/passwd").str()), "'..'"));
  EXPECT_TRUE(
      says(refusal(TarBuilder().symlink("manifest.json", "/etc/passwd").str()), "links to"));
  EXPECT_TRUE(
      says(refusal(TarBuilder().symlink("a", "manifest.json").symlink("manifest.json", "a").str()),
           "links without end"));
}

TEST_F(HostileImageTest, WhatADeadWriterLeftIsSweptByTheNext) {
  auto images = store();
  const auto archive =
      write("a.tar", docker_save({"x"}, {TarBuilder().file("f", "x").str()}).str());
  images.import(archive);
  std::filesystem::create_directories(dir_ + "/store/tmp/import-dead/layer/fs/deep");
  std::ofstream(dir_ + "/store/tmp/import-dead/layer/fs/file") << "half";
  images.import(archive);
  EXPECT_TRUE(std::filesystem::is_empty(dir_ + "/store/tmp"));
}

TEST_F(HostileImageTest, RemoveTreeFollowsNoLink) {
  std::filesystem::create_directories(dir_ + "/victim/inside");
  std::filesystem::create_directories(dir_ + "/tree/closed");
  ASSERT_EQ(::symlink((dir_ + "/victim").c_str(), (dir_ + "/tree/closed/link").c_str()), 0);
  ASSERT_EQ(::chmod((dir_ + "/tree/closed").c_str(), 0), 0);
  remove_tree(dir_ + "/tree");
  EXPECT_FALSE(std::filesystem::exists(dir_ + "/tree"));
  EXPECT_TRUE(std::filesystem::exists(dir_ + "/victim/inside"));
}

}  // namespace
}  // namespace enibox::containers
