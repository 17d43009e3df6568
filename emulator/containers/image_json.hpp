#pragma once
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "emulator/containers/image_error.hpp"

// Reading JSON that strangers wrote: members that are missing or null read as empty, members of a
// wrong type throw ImageError. For the .cpp files of this folder.
namespace enibox::containers {

std::string read_document(const std::string& file, const std::string& shown,
                          std::int64_t max_bytes);
nlohmann::json parse_document(const std::string& text, const std::string& shown);

nlohmann::json object_member(const nlohmann::json& object, const std::string& name);
std::string string_member(const nlohmann::json& object, const std::string& name);
std::vector<std::string> strings_member(const nlohmann::json& object, const std::string& name);

}  // namespace enibox::containers
