#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <iostream>
#include <nlohmann/json.hpp>
#include <span>
#include <vector>

#include "emulator/cli/arguments.hpp"
#include "emulator/cli/commands.hpp"
#include "emulator/containers/image_json.hpp"
#include "emulator/containers/image_pack.hpp"
#include "emulator/containers/image_reference.hpp"
#include "emulator/containers/image_store.hpp"
#include "netns/user_namespace.hpp"

namespace enibox::cli {
namespace {

using containers::Image;
using containers::ImageStore;
using nlohmann::json;

constexpr int kFailed = 1, kUsage = 2;
constexpr std::int64_t kMaxRecipe = 1 << 20;

constexpr const char* kHelp = R"(Usage: enibox image COMMAND [--store DIR]

The images that tasks and instances run from. One store serves every data directory of a user.

Commands:
  ls                       list the images; STAND-IN marks those that `make images` made
                           from Debian packages for work without a registry
  import FILE [--as NAME]  take in what `docker save` wrote or an OCI layout (a tar, plain or
                           compressed with gzip, zstd or xz, or a directory)
  inspect NAME             print an image's configuration and layers as JSON
  rm NAME...               forget images; layers nothing uses any more go with them

Options:
  --store DIR   default: /var/lib/enibox/images for root, else
                $XDG_DATA_HOME/enibox/images (~/.local/share/enibox/images)
  --as NAME     for import: the image's name, when the archive states none
  --help        show this
)";

const Command kCommand{
    "image",
    "COMMAND",
    "the images that tasks and instances run from",
    {{"--store", "DIR", "the image store"}, {"--as", "NAME", "for import: the image's name"}},
    1000};

std::string human_size(std::int64_t bytes) {
  constexpr const char* kUnits[] = {"B", "kB", "MB", "GB", "TB"};
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  for (; value >= 1000 && unit + 1 < std::size(kUnits); ++unit) value /= 1000;
  char text[32];
  std::snprintf(text, sizeof text, unit == 0 || value >= 100 ? "%.0f %s" : "%.1f %s", value,
                kUnits[unit]);
  return text;
}

std::string local_time(std::int64_t ms) {
  const auto seconds = static_cast<std::time_t>(ms / 1000);
  std::tm parts;
  char text[32];
  ::localtime_r(&seconds, &parts);
  std::strftime(text, sizeof text, "%Y-%m-%d %H:%M", &parts);
  return text;
}

void print_table(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths(rows.front().size());
  for (const auto& row : rows)
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      line += row[i];
      if (i + 1 < row.size()) line.append(widths[i] - row[i].size() + 3, ' ');
    }
    std::cout << line << '\n';
  }
}

int list_images(const ImageStore& store) {
  std::vector<std::vector<std::string>> rows{
      {"REPOSITORY", "TAG", "IMAGE ID", "IMPORTED", "SIZE", "STAND-IN"}};
  for (const auto& image : store.list()) {
    const auto ref = containers::parse_reference(image.ref);
    rows.push_back({ref.familiar_repository(), ref.tag.empty() ? "<none>" : ref.tag,
                    image.id.substr(7, 12), local_time(image.imported_at_ms),
                    human_size(image.size_bytes), image.is_stand_in ? "yes" : ""});
  }
  print_table(rows);
  return 0;
}

int inspect_image(const ImageStore& store, const std::string& name) {
  const auto image = store.find(name);
  if (!image) {
    std::cerr << "enibox: no image " << name << " in " << store.directory() << "\n";
    return kFailed;
  }
  const auto& config = image->config;
  std::cout << json{{"Ref", image->ref},
                    {"Id", image->id},
                    {"ManifestDigest", image->manifest_digest},
                    {"Created", image->created},
                    {"Size", image->size_bytes},
                    {"Architecture", image->architecture},
                    {"StandIn", image->is_stand_in},
                    {"Config",
                     {{"Env", config.env},
                      {"Entrypoint", config.entry_point},
                      {"Cmd", config.command},
                      {"User", config.user},
                      {"WorkingDir", config.working_directory},
                      {"ExposedPorts", config.exposed_ports},
                      {"StopSignal", config.stop_signal},
                      {"Volumes", config.volumes},
                      {"Labels", config.labels}}},
                    {"Layers", image->layer_dirs}}
                   .dump(2)
            << '\n';
  return 0;
}

int tell(const std::vector<Image>& images) {
  for (const auto& image : images)
    std::cout << "imported " << image.familiar_ref << " (" << image.id.substr(7, 12) << ", "
              << human_size(image.size_bytes) << ")\n";
  return 0;
}

// Hidden: what the recipes of docker/ end in. build DIR RECIPE.json NAME...
int build_image(ImageStore& store, const std::vector<std::string>& words) {
  const auto recipe = containers::read_document(words[2], words[2], kMaxRecipe);
  return tell(store.add([&](const std::string& scratch) {
    return std::vector{containers::pack_image(
        words[1], recipe, std::vector(words.begin() + 3, words.end()), scratch)};
  }));
}

int remove_images(ImageStore& store, const std::vector<std::string>& words) {
  int status = 0;
  for (std::size_t i = 1; i < words.size(); ++i) {
    if (store.remove(words[i])) {
      std::cout << "removed " << words[i] << '\n';
    } else {
      std::cerr << "enibox: no image " << words[i] << " in " << store.directory() << '\n';
      status = kFailed;
    }
  }
  return status;
}

int told(const std::function<int()>& body) {
  try {
    return body();
  } catch (const UsageError&) {
    throw;
  } catch (const std::exception& e) {
    std::cerr << "enibox: " << e.what() << '\n';
    return kFailed;
  }
}

// Writing into the store: root does it as it is; anybody else as root of a user namespace with as
// many ids as /etc/subuid grants.
int with_mapped_ids(const std::function<int()>& body) {
  if (::geteuid() == 0) return told(body);
  const auto maps = netns::plan_id_maps();
  const auto status = netns::run_in_namespaces(CLONE_NEWUSER, &maps, [&] {
    const int result = told(body);
    std::cout.flush();  // the child ends without
    return result;
  });
  if (status) return *status;
  std::cerr << "enibox: cannot make a user namespace; `enibox doctor` says what to do\n";
  return kFailed;
}

void require_words(const std::vector<std::string>& words, std::size_t least, std::size_t most,
                   const char* wanted) {
  if (words.size() < least || words.size() > most)
    throw UsageError(std::string("usage: enibox image ") + wanted);
}

int dispatch(const Arguments& line) {
  const auto& words = line.operands();
  ImageStore store({.directory = line.value("--store").value_or("")});
  constexpr std::size_t kAny = SIZE_MAX;
  if (words[0] == "ls") {
    require_words(words, 1, 1, "ls");
    return list_images(store);
  }
  if (words[0] == "inspect") {
    require_words(words, 2, 2, "inspect NAME");
    return inspect_image(store, words[1]);
  }
  if (words[0] == "import") {
    require_words(words, 2, 2, "import FILE [--as NAME]");
    return with_mapped_ids(
        [&] { return tell(store.import(words[1], line.value("--as").value_or(""))); });
  }
  if (words[0] == "rm") {
    require_words(words, 2, kAny, "rm NAME...");
    return with_mapped_ids([&] { return remove_images(store, words); });
  }
  if (words[0] == "build") {
    require_words(words, 4, kAny, "build DIR RECIPE.json NAME...");
    return with_mapped_ids([&] { return build_image(store, words); });
  }
  const auto meant = nearest(words[0], {"ls", "import", "inspect", "rm"});
  throw UsageError("enibox image: there is no command '" + words[0] + "'; " +
                   (meant ? "did you mean " + *meant + "?" : "see enibox image --help"));
}

}  // namespace

// Forks for an ordinary user's writing commands, so the process must still have one thread.
int image_command(std::span<const std::string> args) {
  const auto line = parse(kCommand, args);
  if (line.wants_help()) {
    std::cout << kHelp;
    return 0;
  }
  if (line.operands().empty()) {
    std::cerr << kHelp;
    return kUsage;
  }
  return told([&] { return dispatch(line); });
}

}  // namespace enibox::cli
