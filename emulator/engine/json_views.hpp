#pragma once
#include <string>
#include <vector>

#include "api/json.hpp"
#include "emulator/engine/source.hpp"

// The JSON of the Docker Engine API (version 1.44) for what a container instance has. Pure
// functions; members the stock clients read, named as Docker names them.
namespace enibox::engine {

inline constexpr const char* kApiVersion = "1.44";

Json container_row(const EngineContainer& container, std::int64_t now_ms);  // containers/json
Json container_details(const EngineContainer& container,
                       const std::vector<std::string>& exec_ids);  // containers/ID/json
Json image_row(const EngineImage& image, const std::vector<EngineContainer>& containers);
Json image_details(const EngineImage& image);
Json version(const EngineHost& host);
Json info(const EngineHost& host, const std::vector<EngineContainer>& containers,
          std::size_t images, std::int64_t now_ms);
// bridge, host and none: what Docker has without anybody's doing.
Json networks();

}  // namespace enibox::engine
