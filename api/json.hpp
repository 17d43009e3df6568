#pragma once
#include <nlohmann/json.hpp>

namespace enibox {
using Json = nlohmann::json;
}
