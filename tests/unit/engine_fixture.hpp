#pragma once
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "api/json.hpp"
#include "emulator/asio_clock.hpp"
#include "emulator/engine/engine_api.hpp"
#include "tests/unit/fake_runtime.hpp"
#include "tests/unit/http_harness.hpp"

// The docker.sock of a container instance, spoken to over the real socket.
namespace enibox::engine {

using enibox::testing::Client;
using enibox::testing::eventually;
using enibox::testing::LoopThread;

inline const std::string kHost = "i-0123456789abcdef0";
inline const std::string kNginx = std::string(60, 'a') + "0001";
inline const std::string kPause = std::string(60, 'a') + "0002";
inline const std::string kOld = std::string(60, 'b') + "0003";

inline EngineContainer container(const std::string& id, const std::string& name) {
  EngineContainer out;
  out.id = id;
  out.name = name;
  out.image = "nginx:alpine";
  out.image_id = "sha256:" + std::string(64, 'c');
  out.argv = {"nginx", "-g", "daemon off;"};
  out.state = "running";
  out.created_ms = out.started_ms = 1'700'000'000'000;
  out.pid_in_host = 72;
  out.labels = {{"com.amazonaws.ecs.cluster", "demo"},
                {"com.amazonaws.ecs.container-name", "nginx"}};
  out.network_mode = "container:" + kPause;
  out.cgroup_parent = "/ecs/0123";
  return out;
}

struct FakeSource final : EngineSource {
  std::vector<EngineContainer> rows;
  std::vector<EngineImage> stored;
  std::vector<EngineContainer> containers(const std::string&) override { return rows; }
  std::optional<Found> find(const std::string& id) override {
    for (const auto& row : rows) {
      if (row.id == id) return Found{kHost, row};
    }
    return std::nullopt;
  }
  void images(const std::string&, Done<std::vector<EngineImage>> done) override { done(stored); }
  EngineHost host(const std::string&) override {
    return {.hostname = "ip-10-0-100-21.ec2.internal", .cpus = 2, .memory_bytes = 4LL << 30};
  }
};

struct Answer {
  int status = 0;
  std::string head, body;
  Json json() const { return Json::parse(body); }
};

class EngineApiTest : public ::testing::Test {
 protected:
  EngineApiTest() {
    char name[] = "/tmp/engine-test-XXXXXX";
    run_dir = mkdtemp(name);
    auto pause = container(kPause, "ecs-web-1-internalecspause-00");
    pause.image = "amazon/amazon-ecs-pause:0.1.0";
    pause.network_mode = "none";
    pause.in_runtime = false;
    pause.created_ms -= 1000;
    auto old = container(kOld, "ecs-web-1-nginx-old");
    old.state = "exited";
    old.exit_code = 137;
    old.finished_ms = old.started_ms + 60'000;
    old.created_ms -= 2000;
    source.rows = {old, container(kNginx, "ecs-web-1-nginx-e292"), pause};
    source.stored = {{.id = "sha256:" + std::string(64, 'c'),
                      .repo_tags = {"nginx:alpine"},
                      .repo_digests = {},
                      .created_ms = 1'690'000'000'000,
                      .size_bytes = 12'000'000,
                      .env = {},
                      .entry_point = {},
                      .command = {"nginx"},
                      .user = {},
                      .working_directory = {},
                      .labels = {}}};
    loop.run([&] {
      server = std::make_unique<api::http::Server>(loop.loop, api::http::Limits{});
      engine =
          std::make_unique<EngineApi>(EngineApi::Parts{loop.loop, *server, source, runtime, clock});
      runtime.listen(
          {.container_exited =
               [this](const containers::ContainerExit& exit) {
                 for (auto& row : source.rows) {
                   if (row.id == exit.container_id) row.state = "exited";
                 }
                 engine->container_exited(exit);
               },
           .host_died = {},
           .logged = [this](const std::string& id,
                            std::vector<containers::LogLine> lines) { engine->logged(id, lines); },
           .exec_exited = [this](std::uint64_t id, int code) { engine->exec_exited(id, code); }});
      runtime.containers[kNginx] = {};
      engine->listen(kHost, run_dir);
    });
  }
  ~EngineApiTest() override {
    loop.run([&] {
      engine.reset();
      server.reset();
    });
    loop.run([] {});
    std::filesystem::remove_all(run_dir);
  }

  Client connect() { return Client::unix_socket(run_dir + "/docker.sock"); }
  static std::string request(const std::string& method, const std::string& target,
                             const std::string& body = "") {
    return method + " " + target +
           " HTTP/1.1\r\nHost: docker\r\nContent-Length: " + std::to_string(body.size()) +
           "\r\n\r\n" + body;
  }
  static Answer split(const std::string& text) {
    const auto end = text.find("\r\n\r\n");
    return {.status = std::atoi(text.substr(9, 3).c_str()),
            .head = text.substr(0, end),
            .body = end == text.npos ? "" : text.substr(end + 4)};
  }
  Answer ask(const std::string& method, const std::string& target, const std::string& body = "") {
    auto client = connect();
    client.send(request(method, target, body));
    return split(client.take_answer());
  }
  Answer get(const std::string& target) { return ask("GET", target); }

  // Waits until the runtime was called so, on the loop.
  bool called(const std::string& call) {
    return eventually([&] {
      return loop.run([&] {
        const auto& calls = runtime.calls;
        return std::find(calls.begin(), calls.end(), call) != calls.end();
      });
    });
  }

  LoopThread loop;
  AsioClock clock{loop.loop};
  containers::FakeRuntime runtime{clock};
  FakeSource source;
  std::string run_dir;
  std::unique_ptr<api::http::Server> server;
  std::unique_ptr<EngineApi> engine;
};

}  // namespace enibox::engine
