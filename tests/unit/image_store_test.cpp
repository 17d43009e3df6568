#include "emulator/containers/image_store.hpp"

#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "tests/unit/image_fixture.hpp"

namespace enibox::containers {
namespace {

using nlohmann::json;
using testing::ImageTest;
using testing::TarBuilder;

class ImageStoreTest : public ImageTest {};

std::string nginx_layer() {
  return TarBuilder()
      .directory("usr/")
      .directory("usr/sbin/")
      .file("usr/sbin/nginx", "binary", {0755, 0, 0, 1'600'000'000})
      .symlink("usr/sbin/link", "/etc/nginx.conf")
      .hardlink("usr/sbin/nginx2", "usr/sbin/nginx")
      .file("var/log/deep/without/parents", "x")
      .str();
}

TEST_F(ImageStoreTest, TakesInWhatDockerSaveWritesAndFindsItByAnyName) {
  auto images = store();
  const auto archive = write("a.tar", docker_save({"nginx:alpine"}, {nginx_layer()}).str());

  const auto added = images.import(archive);

  ASSERT_EQ(added.size(), 1u);
  EXPECT_EQ(added[0].ref, "docker.io/library/nginx:alpine");
  for (const auto* name : {"nginx:alpine", "docker.io/nginx:alpine", "library/nginx:alpine"})
    EXPECT_EQ(images.resolve(name).id, added[0].id) << name;
  const auto image = images.resolve("nginx@" + added[0].manifest_digest);
  EXPECT_EQ(image.familiar_ref, "nginx:alpine");
  EXPECT_EQ(image.id, sha256_digest(config_for({nginx_layer()}).dump()));
  EXPECT_EQ(image.config.command, (std::vector<std::string>{"nginx", "-g", "daemon off;"}));
  EXPECT_EQ(image.config.exposed_ports, std::vector<std::string>{"80/tcp"});
  EXPECT_EQ(image.config.stop_signal, "SIGQUIT");
  EXPECT_EQ(image.size_bytes, 7);
  EXPECT_FALSE(image.is_stand_in);
  EXPECT_EQ(images.resolve(image.id).ref, image.ref);
}

TEST_F(ImageStoreTest, UnpacksFilesWithTheirAttributes) {
  auto images = store();
  const auto dirs =
      images.import(write("a.tar", docker_save({"a"}, {nginx_layer()}).str()))[0].layer_dirs;

  ASSERT_EQ(dirs.size(), 1u);
  EXPECT_EQ(read(dirs[0] + "/usr/sbin/nginx"), "binary");
  struct stat file, other, made;
  ASSERT_EQ(::stat((dirs[0] + "/usr/sbin/nginx").c_str(), &file), 0);
  ASSERT_EQ(::stat((dirs[0] + "/usr/sbin/nginx2").c_str(), &other), 0);
  ASSERT_EQ(::stat((dirs[0] + "/var/log/deep").c_str(), &made), 0);
  EXPECT_EQ(file.st_mode & 07777, 0755u);
  EXPECT_EQ(file.st_mtime, 1'600'000'000);
  EXPECT_EQ(file.st_ino, other.st_ino);
  EXPECT_EQ(made.st_mode & 07777, 0755u);
  EXPECT_EQ(std::filesystem::read_symlink(dirs[0] + "/usr/sbin/link"), "/etc/nginx.conf");
}

TEST_F(ImageStoreTest, TheUppermostLayerComesFirst) {
  const auto base = TarBuilder().file("a", "base").str();
  const auto top = TarBuilder().file("a", "top").str();
  auto images = store();
  const auto image = images.import(write("a.tar", docker_save({"a"}, {base, top}).str()))[0];
  ASSERT_EQ(image.layer_dirs.size(), 2u);
  EXPECT_EQ(read(image.layer_dirs[0] + "/a"), "top");
  EXPECT_EQ(read(image.layer_dirs[1] + "/a"), "base");
}

TEST_F(ImageStoreTest, WhiteoutsBecomeWhatOverlayfsReads) {
  const auto layer = TarBuilder()
                         .directory("etc/")
                         .file("etc/.wh.gone", "")
                         .file("opt/app/.wh..wh..opq", "")
                         .file("opt/app/new", "1")
                         .file(".wh..wh.plnk", "")
                         .file("renewed/.wh.dir", "")
                         .directory("renewed/dir/")
                         .str();
  auto images = store();
  std::string dir;
  try {
    dir = images.import(write("a.tar", docker_save({"a"}, {layer}).str()))[0].layer_dirs[0];
  } catch (const std::system_error& e) {
    if (e.code().value() == EPERM) GTEST_SKIP() << "needs root or a user namespace: " << e.what();
    throw;
  }
  struct stat gone;
  ASSERT_EQ(::lstat((dir + "/etc/gone").c_str(), &gone), 0);
  EXPECT_TRUE(S_ISCHR(gone.st_mode));
  EXPECT_EQ(gone.st_rdev, 0u);
  const auto is_opaque = [&](const std::string& name) {
    char value[8] = {};
    return ::getxattr((dir + name).c_str(), "user.overlay.opaque", value, 8) == 1 &&
           value[0] == 'y';
  };
  EXPECT_TRUE(is_opaque("/opt/app"));
  EXPECT_FALSE(is_opaque("/etc"));
  EXPECT_EQ(read(dir + "/opt/app/new"), "1");
  EXPECT_FALSE(std::filesystem::exists(dir + "/.wh..wh.plnk"));
  EXPECT_TRUE(is_opaque("/renewed/dir"));  // removed and made anew in one layer
}

TEST_F(ImageStoreTest, ReadsLayersWithoutEndBlocksAndLongNames) {
  const std::string name = std::string(120, 'n') + "/" + std::string(200, 'm');
  const auto layer = TarBuilder().pax("path", name).file("short", "long").unterminated();
  auto images = store();
  const auto image = images.import(write("a.tar", docker_save({"a"}, {layer}).str()))[0];
  EXPECT_EQ(read(image.layer_dirs[0] + "/" + name), "long");
}

TEST_F(ImageStoreTest, KeepsNamesThatAreNotAscii) {
  const auto layer =
      TarBuilder().pax("path", "caf\xc3\xa9").file("x", "1").file("caf\xe9", "2").str();
  auto images = store();
  const auto dir =
      images.import(write("a.tar", docker_save({"a"}, {layer}).str()))[0].layer_dirs[0];
  EXPECT_EQ(read(dir + "/caf\xc3\xa9"), "1");
  EXPECT_EQ(read(dir + "/caf\xe9"), "2");
}

TEST_F(ImageStoreTest, OverlaysOwnAttributesAreNotTakenFromAnArchive) {
  const auto layer = TarBuilder()
                         .pax("SCHILY.xattr.user.overlay.redirect", "/etc")
                         .directory("d/")
                         .pax("SCHILY.xattr.user.kept", "yes")
                         .file("f", "")
                         .str();
  auto images = store();
  const auto dir =
      images.import(write("a.tar", docker_save({"a"}, {layer}).str()))[0].layer_dirs[0];
  char value[16] = {};
  EXPECT_LT(::getxattr((dir + "/d").c_str(), "user.overlay.redirect", value, 16), 0);
  EXPECT_EQ(::getxattr((dir + "/f").c_str(), "user.kept", value, 16), 3);
}

TEST_F(ImageStoreTest, ReadsAnOciLayout) {
  const auto layer = nginx_layer();
  const auto config = config_for({layer}).dump();
  const auto manifest = json{
      {"schemaVersion", 2},
      {"config", {{"digest", sha256_digest(config)}, {"size", config.size()}}},
      {"layers",
       {{{"mediaType", "application/vnd.oci.image.layer.v1.tar"},
         {"digest", sha256_digest(layer)},
         {"size",
          layer.size()}}}}}.dump();
  const auto inner =
      json{{"manifests",
            {{{"digest", sha256_digest("other")},
              {"platform", {{"os", "linux"}, {"architecture", "s390x"}}}},
             {{"digest", sha256_digest(manifest)},
              {"platform", {{"os", "linux"}, {"architecture", machine_architecture()}}}}}}}
          .dump();
  const auto index =
      json{{"manifests",
            {{{"digest", sha256_digest(inner)},
              {"annotations", {{"org.opencontainers.image.ref.name", "example.com/app:1"}}}}}}}
          .dump();
  TarBuilder tar;
  tar.file("oci-layout", R"({"imageLayoutVersion":"1.0.0"})").file("index.json", index);
  for (const auto& blob : {layer, config, manifest, inner})
    tar.file("blobs/sha256/" + sha256_digest(blob).substr(7), blob);

  auto images = store();
  const auto image = images.import(write("oci.tar", tar.str()))[0];

  EXPECT_EQ(image.ref, "example.com/app:1");
  EXPECT_EQ(image.manifest_digest, sha256_digest(manifest));
  EXPECT_EQ(read(image.layer_dirs[0] + "/usr/sbin/nginx"), "binary");
}

TEST_F(ImageStoreTest, ATagMovesAndWhatNothingUsesGoes) {
  auto images = store();
  const std::string first = TarBuilder().file("a", "1").str(),
                    second = TarBuilder().file("a", "2").str();
  images.import(write("1.tar", docker_save({"app:1", "app:2"}, {first}).str()));
  images.import(write("2.tar", docker_save({"app:1"}, {second}).str()));
  EXPECT_EQ(read(images.resolve("app:1").layer_dirs[0] + "/a"), "2");
  EXPECT_EQ(read(images.resolve("app:2").layer_dirs[0] + "/a"), "1");
  EXPECT_EQ(images.list().size(), 2u);

  {
    const auto running = images.lease();
    EXPECT_TRUE(images.remove("app:2"));
    EXPECT_EQ(store_contents().size(), 6u);  // a container may still have the layer mounted
  }
  EXPECT_TRUE(images.remove("app:1"));
  EXPECT_FALSE(images.remove("app:1"));
  EXPECT_EQ(store_contents(), std::vector<std::string>{});
  EXPECT_TRUE(images.list().empty());
}

TEST_F(ImageStoreTest, AMissingImageIsToldAsTheEcsAgentTellsIt) {
  auto images = store();
  const auto text = [&](const std::string& ref) -> std::string {
    try {
      images.resolve(ref);
    } catch (const ImageNotFound& e) {
      return e.what();
    }
    return "found";
  };
  const std::string prefix = "CannotPullContainerError: Error response from daemon: ";
  EXPECT_EQ(text("nope:1"),
            prefix +
                "pull access denied for nope, repository does not exist or may require "
                "'docker login': denied: requested access to the resource is denied");
  images.import(write("a.tar", docker_save({"nginx:alpine"}, {nginx_layer()}).str()));
  EXPECT_EQ(text("nginx:9"),
            prefix + "manifest for nginx:9 not found: manifest unknown: manifest unknown");
  EXPECT_EQ(text("UPPER"),
            prefix + "invalid reference format: repository name (library/UPPER) must be lowercase");
}

TEST_F(ImageStoreTest, ALabelMarksAStandIn) {
  auto config = config_for({nginx_layer()});
  config["config"]["Labels"] = {{std::string(kStandInLabel), "true"}};
  auto images = store();
  images.import(write("a.tar", docker_save({"nginx"}, {nginx_layer()}, config).str()));
  EXPECT_TRUE(images.resolve("nginx").is_stand_in);
}

TEST_F(ImageStoreTest, ImportAsNamesAnImageThatHasNoName) {
  auto images = store();
  const auto archive = write("a.tar", docker_save({}, {nginx_layer()}).str());
  EXPECT_THROW(images.import(archive), ImageError);
  EXPECT_EQ(store_contents(), std::vector<std::string>{});
  EXPECT_EQ(images.import(archive, "mine:7")[0].ref, "docker.io/library/mine:7");
}

}  // namespace
}  // namespace enibox::containers
