#pragma once
#include "emulator/containers/image_store.hpp"
#include "emulator/ecs/ecs.hpp"
#include "emulator/engine/source.hpp"

namespace enibox::ecs {

// What `docker` shows on a container instance, made of the rows of ECS: the containers of its
// tasks, their pause containers, the agent. Names, labels and network modes are the real agent's.
// Loop thread only.
class EngineView final : public engine::EngineSource {
 public:
  EngineView(Ecs& ecs, const containers::ImageStore& images) : ecs_(ecs), images_(images) {}

  std::vector<engine::EngineContainer> containers(const std::string& host_id) override;
  std::vector<engine::EngineImage> images(const std::string& host_id) override;
  engine::EngineHost host(const std::string& host_id) override;

 private:
  Ecs& ecs_;
  const containers::ImageStore& images_;
};

}  // namespace enibox::ecs
