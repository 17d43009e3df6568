#include "emulator/engine/engine_api.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "api/json.hpp"
#include "emulator/asio_clock.hpp"
#include "tests/unit/fake_runtime.hpp"
#include "tests/unit/http_harness.hpp"

// The docker.sock of a container instance, spoken to over the real socket.
namespace enibox::engine {
namespace {

using enibox::testing::Client;
using enibox::testing::eventually;
using enibox::testing::LoopThread;

const std::string kHost = "i-0123456789abcdef0";
const std::string kNginx = std::string(60, 'a') + "0001";
const std::string kPause = std::string(60, 'a') + "0002";
const std::string kOld = std::string(60, 'b') + "0003";

EngineContainer container(const std::string& id, const std::string& name) {
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
  std::vector<EngineImage> images(const std::string&) override { return stored; }
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

TEST_F(EngineApiTest, TheSocketIsForRootAndItsGroupOnly) {
  struct stat status {};
  ASSERT_EQ(stat((run_dir + "/docker.sock").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0660u);
  loop.run([&] { engine->forget(kHost); });
  EXPECT_NE(stat((run_dir + "/docker.sock").c_str(), &status), 0);
}

TEST_F(EngineApiTest, ADeepRunDirectoryIsNoProblem) {
  const auto deep = run_dir + "/" + std::string(120, 'd');
  std::filesystem::create_directory(deep);
  loop.run([&] { engine->listen("i-2", deep); });
  const netns::UniqueFd dir(::open(deep.c_str(), O_PATH | O_CLOEXEC));
  auto client = Client::unix_socket("/proc/self/fd/" + std::to_string(dir.get()) + "/docker.sock");
  client.send(request("GET", "/_ping"));
  EXPECT_EQ(split(client.take_answer()).body, "OK");
}

TEST_F(EngineApiTest, PingsWithTheVersionItSpeaksUnderAnyPrefix) {
  for (const auto* path : {"/_ping", "/v1.24/_ping", "/v1.44/_ping", "/v1.99/_ping"}) {
    const auto answer = get(path);
    EXPECT_EQ(answer.status, 200) << path;
    EXPECT_NE(answer.head.find("Api-Version: 1.44\r\n"), std::string::npos);
    EXPECT_NE(answer.head.find("Ostype: linux\r\n"), std::string::npos);
  }
  EXPECT_EQ(get("/v1/_ping").status, 404);
  EXPECT_EQ(get("/v1.44.1/_ping").status, 404);
}

TEST_F(EngineApiTest, ListsRunningContainersNewestFirst) {
  const auto rows = get("/v1.44/containers/json").json();
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0]["Id"], kNginx);
  EXPECT_EQ(rows[0]["Names"], Json::array({"/ecs-web-1-nginx-e292"}));
  EXPECT_EQ(rows[0]["Image"], "nginx:alpine");
  EXPECT_EQ(rows[0]["Command"], "nginx -g daemon off;");
  EXPECT_EQ(rows[0]["Ports"], Json::array());
  EXPECT_TRUE(rows[0]["Status"].get<std::string>().starts_with("Up "));
  EXPECT_EQ(rows[1]["Image"], "amazon/amazon-ecs-pause:0.1.0");
  EXPECT_EQ(get("/containers/json?all=1").json().size(), 3u);
  EXPECT_EQ(get("/containers/json?limit=0").json().size(), 2u);
  EXPECT_EQ(get("/containers/json?limit=1").json()[0]["Id"], kNginx);
}

TEST_F(EngineApiTest, FiltersAsDockerDoes) {
  struct Case {
    std::string filters;
    std::vector<std::string> ids;
  };
  const Case cases[] = {
      {R"({"label":{"com.amazonaws.ecs.cluster=demo":true}})", {kNginx, kPause}},
      {R"({"label":["com.amazonaws.ecs.cluster"]})", {kNginx, kPause}},
      {R"({"label":{"com.amazonaws.ecs.cluster=other":true}})", {}},
      {R"({"name":{"pause":true}})", {kPause}},
      {R"({"name":{"^/ecs-web-1-nginx-e292$":true}})", {kNginx}},
      {R"({"name":{"(((((.*":true}})", {}},
      {R"({"status":{"exited":true}})", {kOld}},
      {R"({"id":{"aaaa":true}})", {kNginx, kPause}},
      {R"({"ancestor":{"nginx":true}})", {kNginx}},
      {R"({"status":{"exited":true},"exited":{"137":true}})", {kOld}},
      {R"({"network":{"none":true}})", {kPause}},
  };
  for (const auto& one : cases) {
    std::string encoded;
    for (const unsigned char c : one.filters) {
      char text[4];
      std::snprintf(text, sizeof text, "%%%02X", c);
      encoded += text;
    }
    std::vector<std::string> ids;
    for (const auto& row : get("/containers/json?filters=" + encoded).json())
      ids.push_back(row["Id"]);
    EXPECT_EQ(ids, one.ids) << one.filters;
  }
}

TEST_F(EngineApiTest, OddInputIsAnErrorAndNothingElse) {
  struct Case {
    std::string method, target, body;
    int status;
  };
  const Case cases[] = {
      {"GET", "/containers/json?filters=%7B", "", 400},
      {"GET", "/containers/json?filters=%7B%22moon%22%3A%7B%22x%22%3Atrue%7D%7D", "", 400},
      {"GET", "/containers/json?filters=%7B%22status%22%3A%5B%22flying%22%5D%7D", "", 400},
      {"GET", "/containers/json?filters=%7B%22name%22%3A%5B%7B%7D%5D%7D", "", 400},
      {"GET", "/containers/json?filters=%7B%22name%22%3A3%7D", "", 400},
      {"GET", "/containers/zzz/json", "", 404},
      {"GET", "/containers/aaaa/json", "", 400},  // two containers
      {"GET", "/containers//json", "", 200},      // the list: empty segments do not count
      {"GET", "/containers/%2e%2e%2f/json", "", 404},
      {"GET", "/containers/" + kNginx + "/logs", "", 400},  // no stream chosen
      {"GET", "/containers/" + kNginx + "/logs?stdout=1&since=yesterday", "", 400},
      {"GET", "/images/none/such:tag/json", "", 404},
      {"GET", "/networks/none-such", "", 404},
      {"GET", "/volumes/x", "", 404},
      {"GET", "/plugins/x/json", "", 404},
      {"GET", "/swarm", "", 503},
      {"GET", "/", "", 404},
      {"GET", "/v1.44", "", 404},
      {"POST", "/containers/create", "{}", 501},
      {"POST", "/build", "", 501},
      {"POST", "/images/create?fromImage=x", "", 501},
      {"DELETE", "/containers/" + kNginx, "", 501},
      {"GET", "/containers/" + kNginx + "/archive?path=/", "", 501},
      {"POST", "/containers/" + kNginx + "/exec", "{", 400},
      {"POST", "/containers/" + kNginx + "/exec", "[]", 400},
      {"POST", "/containers/" + kNginx + "/exec", std::string(300'000, '['), 413},
      {"POST", "/containers/" + kNginx + "/exec", "{}", 400},
      {"POST", "/containers/" + kNginx + "/exec", R"({"Cmd":"sh"})", 400},
      {"POST", "/containers/" + kNginx + "/exec", R"({"Cmd":["a"],"Tty":"x"})", 400},
      {"POST", "/containers/" + kNginx + "/exec", R"({"Cmd":["a"],"ConsoleSize":["x"]})", 400},
      {"POST", "/containers/" + kOld + "/exec", R"({"Cmd":["sh"]})", 409},
      {"POST", "/containers/" + kPause + "/exec", R"({"Cmd":["sh"]})", 501},
      {"POST", "/exec/nothing/start", "{}", 404},
      {"GET", "/exec/nothing/json", "", 404},
      {"POST", "/containers/" + kNginx + "/kill?signal=NONSENSE", "", 400},
      {"POST", "/containers/" + kNginx + "/kill?signal=99999999999999999999", "", 400},
      {"POST", "/containers/" + kNginx + "/stop?t=soon", "", 400},
      {"POST", "/containers/" + kOld + "/stop", "", 304},
      {"POST", "/containers/" + kOld + "/kill", "", 409},
      {"GET", "/containers/" + kOld + "/top", "", 409},
      {"POST", "/containers/" + kNginx + "/wait?condition=never", "", 400},
      {"GET", "/events?filters=x", "", 400},
  };
  for (const auto& one : cases) {
    const auto answer = ask(one.method, one.target, one.body);
    EXPECT_EQ(answer.status, one.status) << one.method << " " << one.target << answer.body;
    if (one.status >= 400) {
      EXPECT_TRUE(answer.json()["message"].is_string()) << one.target;
    }
  }
}

TEST_F(EngineApiTest, InspectsByIdPrefixAndName) {
  for (const auto& reference : {kNginx, std::string("ecs-web-1-nginx-e292"), std::string("bbbb")}) {
    EXPECT_EQ(get("/containers/" + reference + "/json").status, 200) << reference;
  }
  const auto details = get("/containers/" + kNginx + "/json").json();
  EXPECT_EQ(details["State"]["Pid"], 72);
  EXPECT_EQ(details["State"]["StartedAt"], "2023-11-14T22:13:20.000Z");
  EXPECT_EQ(details["HostConfig"]["NetworkMode"], "container:" + kPause);
  EXPECT_EQ(details["HostConfig"]["CgroupParent"], "/ecs/0123");
  EXPECT_EQ(details["NetworkSettings"]["IPAddress"], "");
  EXPECT_EQ(details["NetworkSettings"]["Networks"], Json::object());
  EXPECT_EQ(details["Config"]["Labels"]["com.amazonaws.ecs.container-name"], "nginx");
  const auto old = get("/containers/bbbb/json").json();
  EXPECT_EQ(old["State"]["Pid"], 0);
  EXPECT_EQ(old["State"]["ExitCode"], 137);
}

TEST_F(EngineApiTest, ShowsImagesNetworksVersionAndInfo) {
  EXPECT_EQ(get("/images/json").json()[0]["RepoTags"][0], "nginx:alpine");
  EXPECT_EQ(get("/images/nginx:alpine/json").json()["Id"], "sha256:" + std::string(64, 'c'));
  EXPECT_EQ(get("/images/cccc/json").status, 200);
  const auto networks = get("/networks").json();
  ASSERT_EQ(networks.size(), 3u);
  for (const auto& network : networks) {
    const std::string id = network["Id"];
    EXPECT_EQ(id.size(), 64u);
    EXPECT_EQ(get("/networks/" + id.substr(0, 12)).json()["Name"], network["Name"]);
  }
  EXPECT_EQ(get("/networks/bridge").json()["IPAM"]["Config"][0]["Subnet"], "172.17.0.0/16");
  EXPECT_EQ(get("/version").json()["ApiVersion"], "1.44");
  const auto info = get("/info").json();
  EXPECT_EQ(info["ContainersRunning"], 2);
  EXPECT_EQ(info["ContainersStopped"], 1);
}

TEST_F(EngineApiTest, TopShowsTheRuntimesProcesses) {
  const auto top = get("/containers/" + kNginx + "/top").json();
  EXPECT_EQ(top["Titles"].size(), top["Processes"][0].size());
  EXPECT_EQ(top["Processes"][0][1], "300");
  EXPECT_EQ(get("/containers/" + kPause + "/top").json()["Processes"][0][1], "72");
}

TEST_F(EngineApiTest, StatsGiveTwoSamplesToComputeWith) {
  const auto one = get("/containers/" + kNginx + "/stats?stream=0&one-shot=1").json();
  EXPECT_EQ(one["memory_stats"]["usage"], 2 << 20);
  EXPECT_EQ(one["memory_stats"]["limit"], 512 << 20);
  EXPECT_EQ(one["precpu_stats"]["system_cpu_usage"], 0);
  EXPECT_GT(one["cpu_stats"]["system_cpu_usage"].get<std::uint64_t>(), 1'000'000'000u);
  const auto two = get("/containers/" + kNginx + "/stats?stream=0").json();
  EXPECT_GT(two["precpu_stats"]["system_cpu_usage"].get<std::uint64_t>(), 0u);
  EXPECT_EQ(get("/containers/" + kOld + "/stats?stream=0").json()["memory_stats"]["usage"], 0);
  loop.run([&] { runtime.fail_call(1, "no group"); });
  EXPECT_EQ(get("/containers/" + kNginx + "/stats?stream=0").status, 500);
}

TEST_F(EngineApiTest, LogsAreFramedByStream) {
  loop.run([&] {
    runtime.logs[kNginx] = {{1'700'000'000'123, false, "out"}, {1'700'000'001'000, true, "err"}};
  });
  const auto both = get("/containers/" + kNginx + "/logs?stdout=1&stderr=1&tail=all");
  EXPECT_EQ(both.body, std::string("\1\0\0\0\0\0\0\4out\n\2\0\0\0\0\0\0\4err\n", 24));
  const auto stamped = get("/containers/" + kNginx + "/logs?stdout=1&timestamps=1");
  EXPECT_EQ(stamped.body.substr(8), "2023-11-14T22:13:20.123000000Z out\n");
  EXPECT_EQ(get("/containers/" + kNginx + "/logs?stdout=1&stderr=1&tail=1").body.substr(8),
            "err\n");
  EXPECT_EQ(
      get("/containers/" + kNginx + "/logs?stdout=1&stderr=1&since=1700000001").body.substr(8),
      "err\n");
  loop.run([&] { runtime.fail_call(1, "no log"); });
  EXPECT_EQ(get("/containers/" + kNginx + "/logs?stdout=1").status, 500);
}

TEST_F(EngineApiTest, FollowedLogsComeAsTheyAreWrittenAndEndWithTheContainer) {
  loop.run([&] { runtime.logs[kNginx] = {{1, false, "before"}}; });
  auto client = connect();
  client.send(request("GET", "/containers/" + kNginx + "/logs?stdout=1&follow=1"));
  client.take_until("before\n");
  loop.run([&] { runtime.log(kNginx, {{2, false, "after"}}); });
  EXPECT_NE(client.take_until("after\n"), "");
  loop.run([&] { runtime.exit(kNginx, 0); });
  EXPECT_TRUE(client.take_until("0\r\n\r\n").ends_with("\r\n0\r\n\r\n"));
}

TEST_F(EngineApiTest, StopEndsWhenTheContainerDoes) {
  const auto answer = ask("POST", "/containers/" + kNginx + "/stop?t=5");
  EXPECT_EQ(answer.status, 204);
  EXPECT_EQ(loop.run([&] { return runtime.containers[kNginx].signals; }), std::vector<int>{15});
}

TEST_F(EngineApiTest, StopKillsWhatIgnoresTheSignal) {
  loop.run([&] { runtime.deadly_signals = {9}; });
  EXPECT_EQ(ask("POST", "/containers/" + kNginx + "/stop?t=0").status, 204);
  EXPECT_EQ(loop.run([&] { return runtime.containers[kNginx].signals; }),
            (std::vector<int>{15, 9}));
}

TEST_F(EngineApiTest, WaitAndEventsHearOfTheEnd) {
  auto waiting = connect();
  waiting.send(request("POST", "/containers/" + kNginx + "/wait"));
  auto events = connect();
  events.send(request("GET", "/events?filters=%7B%22type%22%3A%5B%22container%22%5D%7D"));
  events.take_until("\r\n\r\n");
  auto gone = connect();
  gone.send(request("POST", "/containers/" + kNginx + "/wait"));
  gone.close();
  // Requests are served in the order they came, but on three connections: ask for one more.
  EXPECT_EQ(get("/_ping").status, 200);
  EXPECT_EQ(ask("POST", "/containers/" + kNginx + "/kill?signal=SIGTERM").status, 204);
  EXPECT_EQ(split(waiting.take_answer()).json()["StatusCode"], 143);
  events.take_until("\r\n");
  const auto event = Json::parse(events.take_until("\n"));
  EXPECT_EQ(event["Action"], "die");
  EXPECT_EQ(event["Actor"]["Attributes"]["exitCode"], "143");
}

// --- exec ---

class EngineExecTest : public EngineApiTest {
 protected:
  EngineExecTest() {
    // Pipes as a process without a terminal has them; the test plays the process.
    runtime.on_exec = [this](containers::ExecStarted& started) {
      int in[2], out[2], err[2];
      if (pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0 || pipe2(err, O_CLOEXEC) != 0) {
        throw std::runtime_error("pipe");
      }
      started.in.reset(in[1]);
      started.out.reset(out[0]);
      started.err.reset(err[0]);
      process_in.reset(in[0]);
      process_out.reset(out[1]);
      process_err.reset(err[1]);
    };
  }
  std::string create(const std::string& more = "") {
    const auto answer = ask("POST", "/containers/" + kNginx + "/exec",
                            R"({"AttachStdin":true,"AttachStdout":true,"AttachStderr":true,)"
                            R"("Cmd":["cat","-"])" +
                                more + "}");
    EXPECT_EQ(answer.status, 201) << answer.body;
    return answer.json()["Id"];
  }
  Client start(const std::string& exec_id) {
    auto client = connect();
    client.send("POST /v1.44/exec/" + exec_id +
                "/start HTTP/1.1\r\nHost: d\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n"
                "Content-Length: 28\r\n\r\n{\"Detach\":false,\"Tty\":false}");
    EXPECT_TRUE(client.take_until("\r\n\r\n").starts_with("HTTP/1.1 101 UPGRADED\r\n"));
    return client;
  }
  void write(const netns::UniqueFd& fd, std::string_view text) {
    EXPECT_EQ(::write(fd.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }
  std::string read_input(std::size_t size) {
    std::string out(size, '\0');
    std::size_t got = 0;
    while (got < size) {
      const auto n = ::read(process_in.get(), out.data() + got, size - got);
      if (n <= 0) break;
      got += static_cast<std::size_t>(n);
    }
    out.resize(got);
    return out;
  }

  netns::UniqueFd process_in, process_out, process_err;
};

TEST_F(EngineExecTest, CarriesBothDirectionsAndTheExitCode) {
  const auto id = create(R"(,"Env":["A=1"],"User":"nginx","WorkingDir":"/tmp")");
  EXPECT_EQ(get("/exec/" + id + "/json").json()["Running"], false);
  auto client = start(id);
  EXPECT_EQ(get("/exec/" + id + "/json").json()["Running"], true);
  EXPECT_EQ(get("/containers/" + kNginx + "/json").json()["ExecIDs"], Json::array({id}));
  client.send("typed");
  EXPECT_EQ(read_input(5), "typed");
  write(process_out, "to stdout");
  EXPECT_EQ(client.take(17), std::string("\1\0\0\0\0\0\0\11to stdout", 17));
  write(process_err, "to stderr");
  EXPECT_EQ(client.take(17), std::string("\2\0\0\0\0\0\0\11to stderr", 17));
  // End of standard input reaches the process, and its answer still comes back.
  client.end_sending();
  EXPECT_EQ(read_input(1), "");
  write(process_out, "bye");
  process_out.reset();
  process_err.reset();
  EXPECT_EQ(client.take(11).substr(8), "bye");
  loop.run([&] { runtime.end_exec(1, 3); });
  EXPECT_TRUE(client.at_end());
  EXPECT_EQ(get("/exec/" + id + "/json").json()["ExitCode"], 3);
  const auto spec = loop.run([&] { return runtime.execs.at(1); });
  EXPECT_EQ(spec.env, std::vector<std::string>{"A=1"});
  EXPECT_EQ(spec.user, "nginx");
  EXPECT_EQ(spec.working_directory, "/tmp");
  EXPECT_FALSE(spec.tty);
}

TEST_F(EngineExecTest, TheStreamDoesNotEndBeforeTheExitCodeIsKnown) {
  const auto id = create();
  auto client = start(id);
  process_out.reset();
  process_err.reset();
  for (int i = 0; i < 20; ++i) EXPECT_EQ(get("/exec/" + id + "/json").json()["Running"], true);
  loop.run([&] { runtime.end_exec(1, 0); });
  EXPECT_TRUE(client.at_end());
  EXPECT_EQ(get("/exec/" + id + "/json").json()["ExitCode"], 0);
}

TEST_F(EngineExecTest, MuchOutputWaitsForItsReader) {
  auto client = start(create());
  const std::string block(60'000, 'x');
  std::atomic<int> written = 0;
  std::thread writer([&] {
    for (int i = 0; i < 300; ++i, ++written) write(process_out, block);
    process_out.reset();
    process_err.reset();
  });
  std::size_t payload = 0;
  while (payload < 300 * block.size()) {
    const auto head = client.take(8);
    if (head.size() < 8) break;
    std::size_t size = 0;
    for (int i = 4; i < 8; ++i)
      size = size << 8 | static_cast<unsigned char>(head[static_cast<std::size_t>(i)]);
    payload += client.take(size).size();
  }
  writer.join();
  EXPECT_EQ(payload, 300 * block.size());
  loop.run([&] { runtime.end_exec(1, 0); });
  EXPECT_TRUE(client.at_end());
}

TEST_F(EngineExecTest, MuchInputWaitsForTheProcess) {
  auto client = start(create());
  const std::string input(3'000'000, 'i');
  std::thread sender([&] { client.send(input); });
  EXPECT_EQ(read_input(input.size()), input);
  sender.join();
  loop.run([&] { runtime.end_exec(1, 0); });
}

TEST_F(EngineExecTest, AClientThatVanishesLeavesTheCommandItsEndOfInput) {
  start(create()).close();
  EXPECT_EQ(read_input(1), "");
  write(process_out, "nobody reads this");
  process_out.reset();
  process_err.reset();
  loop.run([&] { runtime.end_exec(1, 0); });
  EXPECT_TRUE(eventually([&] { return loop.run([&] { return server->connections(); }) == 0; }));
}

TEST_F(EngineExecTest, AnExitThatComesBeforeTheStartIsReportedIsNotLost) {
  const auto open_pipes = runtime.on_exec;
  runtime.on_exec = [&, open_pipes](containers::ExecStarted& started) {
    open_pipes(started);
    process_out.reset();
    process_err.reset();
    runtime.end_exec(started.exec_id, 5);
  };
  const auto id = create();
  auto client = start(id);
  EXPECT_TRUE(client.at_end());
  EXPECT_EQ(get("/exec/" + id + "/json").json()["ExitCode"], 5);
}

TEST_F(EngineExecTest, DetachedAndRefusedStarts) {
  const auto id = create();
  EXPECT_EQ(ask("POST", "/exec/" + id + "/start", R"({"Detach":true})").status, 200);
  EXPECT_EQ(ask("POST", "/exec/" + id + "/start", "{}").status, 409);
  EXPECT_EQ(read_input(1), "");
  loop.run([&] { runtime.fail_call(1, "no such file"); });
  const auto failed = ask("POST", "/exec/" + create() + "/start", "{}");
  EXPECT_EQ(failed.status, 400);
  EXPECT_NE(failed.body.find("no such file"), std::string::npos);
}

TEST_F(EngineExecTest, SessionsOfAHostThatIsGoneEnd) {
  auto client = start(create());
  loop.run([&] { engine->forget(kHost); });
  EXPECT_TRUE(client.at_end());
  EXPECT_EQ(read_input(1), "");
}

TEST_F(EngineExecTest, AStartThatOutlivesItsHostOrClientLeavesNothing) {
  const auto open_pipes = runtime.on_exec;
  runtime.on_exec = [&, open_pipes](containers::ExecStarted& started) {
    open_pipes(started);
    clock.post([&] { engine->forget(kHost); });  // comes before the answer
  };
  auto client = connect();
  client.send(request("POST", "/exec/" + create() + "/start", "{}"));
  EXPECT_TRUE(client.at_end());
  EXPECT_EQ(read_input(1), "") << "the process's input is closed";
}

TEST_F(EngineExecTest, ResizesTheTerminal) {
  const int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  ASSERT_GE(master, 0);
  ASSERT_EQ(grantpt(master) | unlockpt(master), 0);
  const netns::UniqueFd terminal(::open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC));
  runtime.on_exec = [&](containers::ExecStarted& started) { started.in.reset(master); };
  const auto id = create(R"(,"Tty":true,"ConsoleSize":[30,100])");
  auto client = start(id);
  EXPECT_EQ(ask("POST", "/exec/" + id + "/resize?h=40&w=132").status, 200);
  winsize size{};
  EXPECT_TRUE(eventually([&] {
    ioctl(terminal.get(), TIOCGWINSZ, &size);
    return size.ws_row == 40 && size.ws_col == 132;
  }));
  EXPECT_EQ(ask("POST", "/exec/" + id + "/resize?h=big&w=1").status, 400);
  write(terminal, "raw");
  EXPECT_EQ(client.take(3), "raw");
  const auto spec = loop.run([&] { return runtime.execs.at(1); });
  EXPECT_TRUE(spec.tty);
  EXPECT_EQ(spec.rows, 30);
}

}  // namespace
}  // namespace enibox::engine
