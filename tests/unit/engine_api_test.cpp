#include <fcntl.h>
#include <sys/stat.h>

#include "tests/unit/engine_fixture.hpp"

namespace enibox::engine {
namespace {

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

TEST_F(EngineApiTest, EventsTellOfALifeWithWhatItAdds) {
  auto events = connect();
  events.send(request("GET", "/events?filters=%7B%22container%22%3A%5B%22" + kNginx + "%22%5D%7D"));
  events.take_until("\r\n\r\n");
  loop.run([&] {
    for (const char* action : {"create", "start"}) engine->publish(kNginx, action);
    engine->publish(kPause, "start");
    engine->publish("nobody", "start");
    engine->publish(kNginx, "kill", {{"signal", "15"}});
  });
  for (const char* action : {"create", "start", "kill"}) {
    events.take_until("\r\n");
    const auto event = Json::parse(events.take_until("\n"));
    events.take_until("\r\n");
    EXPECT_EQ(event["Action"], action);
    EXPECT_EQ(event["Actor"]["Attributes"]["name"], "ecs-web-1-nginx-e292");
    EXPECT_EQ(event["Actor"]["Attributes"].contains("signal"), event["Action"] == "kill");
  }
}

}  // namespace
}  // namespace enibox::engine
