#pragma once
#include <string>
#include <vector>

#include "emulator/containers/image_archive.hpp"

// Making an image of a directory, with no other tool: for the recipes in docker/ and for tests.
namespace enibox::containers {

// `recipe` is JSON:
//   {"config":  {"Env": [...], "Cmd": [...], "Labels": {...}, ...},   the image's configuration
//    "created": "2024-01-02T03:04:05Z",                               optional: now
//    "files":   {"/usr/bin/sudo": {"mode": "4755"},                   optional: what the directory
//                "/home/ssm-user": {"uid": 1000, "gid": 1000}}}       cannot say itself
// Everything belongs to root unless "files" says otherwise (a directory's entry holds for what is
// below it too), since whoever runs the recipe may not be root. Same directory, same layer, byte
// for byte. Sockets and devices are left out. The layer goes to `scratch`.
// Throws ImageError, std::system_error.
ArchivedImage pack_image(const std::string& directory, const std::string& recipe,
                         const std::vector<std::string>& refs, const std::string& scratch);

}  // namespace enibox::containers
