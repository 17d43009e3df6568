#pragma once
#include "emulator/containers/image_store.hpp"
#include "emulator/ecs/ecs.hpp"
#include "emulator/engine/source.hpp"
#include "emulator/job_queue.hpp"

namespace enibox::ecs {

// What `docker` shows on a container instance, made of the rows of ECS: the containers of its
// tasks, their pause containers, the agent. Names, labels and network modes are the real agent's.
// Loop thread only.
class EngineView final : public engine::EngineSource {
 public:
  EngineView(boost::asio::io_context& loop, Ecs& ecs, const containers::ImageStore& images)
      : ecs_(ecs), images_(images), reader_(loop, 1) {}

  std::vector<engine::EngineContainer> containers(const std::string& host_id) override;
  std::optional<Found> find(const std::string& container_id) override;
  void images(const std::string& host_id, Done<std::vector<engine::EngineImage>> done) override;
  engine::EngineHost host(const std::string& host_id) override;

 private:
  std::vector<engine::EngineContainer> containers_of(const Task& task);

  Ecs& ecs_;
  const containers::ImageStore& images_;
  JobQueue reader_;  // of the image store
};

}  // namespace enibox::ecs
