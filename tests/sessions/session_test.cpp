#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <boost/asio/io_context.hpp>
#include <filesystem>

#include "api/http/aws_endpoint.hpp"
#include "api/http/server.hpp"
#include "emulator/asio_clock.hpp"
#include "emulator/ssm/session_operations.hpp"
#include "tests/sessions/local_runtime.hpp"
#include "tests/sessions/plugin_process.hpp"

// Session Manager from end to end on one machine: the real endpoint, the real session manager, a
// local shell in place of a container, and on the other side a session-manager-plugin on a
// terminal: ours, and the official one where it is installed.
namespace enibox {
namespace {

using namespace std::chrono_literals;
using test::PluginProcess;

std::string directory_of_this_program() {
  return std::filesystem::read_symlink("/proc/self/exe").parent_path();
}

// The official plugin: ENIBOX_STOCK_PLUGIN, or one on PATH that is not ours.
std::string stock_plugin() {
  if (const char* path = std::getenv("ENIBOX_STOCK_PLUGIN")) return path;
  const std::string ours = directory_of_this_program() + "/session-manager-plugin";
  std::stringstream path(std::getenv("PATH") != nullptr ? std::getenv("PATH") : "");
  for (std::string folder; std::getline(path, folder, ':');) {
    const auto candidate = std::filesystem::path(folder) / "session-manager-plugin";
    std::error_code error;
    if (std::filesystem::exists(candidate, error) &&
        !std::filesystem::equivalent(candidate, ours, error)) {
      return candidate;
    }
  }
  return {};
}

class OpenGate final : public api::BarrierGate {
  void when_passed(std::uint64_t, std::function<void()> go) override { go(); }
};

class OneInstance final : public ssm::Targets {
 public:
  Place resolve(const std::string&, const std::string& target) override {
    if (target != "i-0123456789abcdef0" || !runs) ssm::throw_not_connected(target);
    return {.host_id = target, .container_id = "", .user = "", .shell = {"/bin/sh"}};
  }
  bool runs = true;
};

// GetParam(): "ours" or "stock".
class SessionTest : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    plugin_ = GetParam() == "ours" ? directory_of_this_program() + "/session-manager-plugin"
                                   : stock_plugin();
    if (plugin_.empty()) GTEST_SKIP() << "the official session-manager-plugin is not installed";
    db_.migrate();
    runtime_.listen(
        {.container_exited = {},
         .host_died = {},
         .logged = {},
         .exec_exited = [this](std::uint64_t id, int code) { sessions().exec_exited(id, code); }});
    manager_ = std::make_unique<ssm::SessionManager>(loop_, clock_, db_, runtime_);
    api::Service service{.name = "ssm", .operations = {}};
    ssm::add_session_operations(service, sessions(), targets_);
    operations_ = service.operations;
    dispatcher_.add(std::move(service));
    endpoint_.on_data_channel([this](const std::string& id, auto socket) {
      sockets_.push_back(socket);
      sessions().accept_socket(id, std::move(socket));
    });
    listen();
  }
  void TearDown() override {
    plugins_.clear();
    if (!manager_) return;
    bool ended = false;
    sessions().end_all("", [&] { ended = true; });
    EXPECT_TRUE(until([&] { return ended && runtime_.running() == 0; }))
        << "a session's process outlived it";
  }

  ssm::SessionManager& sessions() { return *manager_; }

  // Runs the loop until `done`; false after the deadline.
  template <typename Done>
  bool until(Done done, std::chrono::seconds limit = 30s) {
    const auto deadline = std::chrono::steady_clock::now() + limit;
    while (!done()) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      loop_.restart();
      loop_.run_one_for(10ms);
    }
    return true;
  }
  bool until_shown(PluginProcess& plugin, const std::string& text) {
    const bool shown = until([&] { return plugin.shows(text); });
    EXPECT_TRUE(shown) << "\"" << text << "\" is not in: " << plugin.screen;
    return shown;
  }
  bool until_exit(PluginProcess& plugin) {
    const bool ended = until([&] { return plugin.exit_status().has_value(); });
    for (int i = 0; i < 20; ++i) loop_.poll();  // its last words
    EXPECT_TRUE(ended) << plugin.screen;
    return ended;
  }

  Json call(const std::string& operation, const Json& input) {
    const api::RequestContext context{.region = "us-east-1",
                                      .account_id = "111122223333",
                                      .access_key_id = "test",
                                      .request_id = "r",
                                      .host = host_,
                                      .service = "ssm",
                                      .operation = operation};
    return operations_.at(operation)(context, input).output;
  }
  Json start_session(Json input = Json::object()) {
    input["Target"] = "i-0123456789abcdef0";
    return call("StartSession", input);
  }
  // `input`: a shell command that writes the plugin's standard input; empty: the terminal.
  PluginProcess& run_plugin(const Json& session, const std::string& input = "") {
    std::vector<std::string> argv{plugin_, session.dump(),        "us-east-1",      "StartSession",
                                  "",      R"({"Target":"i-1"})", "http://" + host_};
    if (!input.empty()) {
      argv.insert(argv.begin(), {"/bin/sh", "-c", input + " | \"$@\"", "sh"});
    }
    plugins_.push_back(std::make_unique<PluginProcess>(
        loop_, argv,
        std::map<std::string, std::string>{{"AWS_ACCESS_KEY_ID", "test"},
                                           {"AWS_SECRET_ACCESS_KEY", "test"},
                                           {"AWS_EC2_METADATA_DISABLED", "true"}}));
    return *plugins_.back();
  }
  // A shell that has printed its first prompt.
  PluginProcess& open_shell() {
    session_ = start_session();
    auto& plugin = run_plugin(session_);
    until_shown(plugin, "$ ");
    return plugin;
  }
  std::string session_id() const { return session_.at("SessionId"); }
  std::string status_of(const std::string& state) {
    const auto found = call("DescribeSessions", {{"State", state}});
    return found["Sessions"].empty() ? "" : found["Sessions"][0]["Status"];
  }

  boost::asio::io_context loop_;
  AsioClock clock_{loop_};
  store::Database db_;
  containers::LocalRuntime runtime_{loop_};
  OneInstance targets_;
  OpenGate gate_;
  api::Dispatcher dispatcher_{gate_, {}};
  api::http::AwsEndpoint endpoint_{dispatcher_, {}};
  std::unique_ptr<ssm::SessionManager> manager_;
  std::unique_ptr<api::http::Server> server_;
  std::vector<std::shared_ptr<api::http::WebSocket>> sockets_;
  std::map<std::string, api::Handler, std::less<>> operations_;
  std::vector<std::unique_ptr<PluginProcess>> plugins_;
  std::string plugin_, host_;
  Json session_;

 private:
  void listen() {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    ASSERT_EQ(::bind(fd, reinterpret_cast<sockaddr*>(&address), size), 0);
    ASSERT_EQ(::listen(fd, 64), 0);
    ASSERT_EQ(::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size), 0);
    host_ = "127.0.0.1:" + std::to_string(ntohs(address.sin_port));
    server_ = std::make_unique<api::http::Server>(loop_, api::http::Limits{});
    server_->listen(fd, endpoint_.handler());
  }
};

TEST_P(SessionTest, AShellAnswersAndEnds) {
  auto& plugin = open_shell();
  EXPECT_TRUE(plugin.shows("Starting session with SessionId: " + session_id()));
  EXPECT_EQ(status_of("Active"), "Connected");
  plugin.type("echo $((6*7))$TERM; stty size\r");
  until_shown(plugin, "42xterm-256color");
  until_shown(plugin, "30 100");
  plugin.type("exit\r");
  until_exit(plugin);
  EXPECT_EQ(plugin.exit_status(), 0);
  EXPECT_TRUE(plugin.shows("Exiting session with sessionId: " + session_id())) << plugin.screen;
  EXPECT_TRUE(until([&] { return status_of("History") == "Terminated"; }));
}

TEST_P(SessionTest, TheTerminalsSizeFollowsTheUsers) {
  auto& plugin = open_shell();
  plugin.resize(132, 43);
  bool follows = until([&] {
    plugin.type("stty size\r");
    return until([&] { return plugin.shows("43 132"); }, 1s);
  });
  EXPECT_TRUE(follows) << plugin.screen;
}

TEST_P(SessionTest, KeysThatInterruptReachTheFarSide) {
  auto& plugin = open_shell();
  plugin.type("trap \"echo cau''ght\" INT; echo ready=$((1+1)); sleep 100\r");
  until_shown(plugin, "ready=2");
  plugin.type("\x03");
  until_shown(plugin, "caught");
  EXPECT_FALSE(plugin.exit_status());
  plugin.type("exit\r");
  until_exit(plugin);
}

TEST_P(SessionTest, TwentyMegabytesArriveByteForByte) {
  auto& plugin = open_shell();
  plugin.type("stty -echo -onlcr; seq 1 2800000; echo END''OF''IT\r");
  ASSERT_TRUE(until([&] { return plugin.shows("ENDOFIT"); }, 120s)) << plugin.screen.size();
  std::string expected;
  for (int i = 1; i <= 2'800'000; ++i) expected += std::to_string(i) + "\n";
  std::string got = plugin.screen;  // the user's terminal may put CR before LF
  std::erase(got, '\r');
  const auto begin = got.find("\n1\n2\n3\n");
  ASSERT_NE(begin, std::string::npos);
  EXPECT_GT(expected.size(), 20u << 20);
  EXPECT_TRUE(got.compare(begin + 1, expected.size(), expected) == 0);
}

TEST_P(SessionTest, ACutConnectionIsResumedAndNothingGetsLost) {
  auto& plugin = open_shell();
  plugin.type("for i in $(seq 1 30); do echo line$i; sleep 0.02; done; echo done=$((1+1))\r");
  for (int cut = 0; cut < 3; ++cut) {
    until_shown(plugin, "line" + std::to_string(5 + 5 * cut));
    const auto connections = sockets_.size();
    sockets_.back()->abort();
    ASSERT_TRUE(until([&] { return sockets_.size() > connections; })) << "it did not come back";
  }
  until_shown(plugin, "done=2");
  std::size_t at = 0;
  for (int i = 1; i <= 30; ++i) {
    const auto found = plugin.screen.find("line" + std::to_string(i) + "\r", at);
    ASSERT_NE(found, std::string::npos) << i << " of " << plugin.screen;
    at = found;
  }
  plugin.type("exit\r");
  until_exit(plugin);
  EXPECT_EQ(runtime_.started, 1);
}

TEST_P(SessionTest, TerminateSessionEndsShellAndClient) {
  auto& plugin = open_shell();
  EXPECT_EQ(call("TerminateSession", {{"SessionId", session_id()}})["SessionId"], session_id());
  until_exit(plugin);
  EXPECT_EQ(plugin.exit_status(), 0);
  EXPECT_TRUE(until([&] { return runtime_.running() == 0; }));
}

TEST_P(SessionTest, AShellThatIgnoresItsHangupIsKilled) {
  auto& plugin = open_shell();
  plugin.type("trap '' HUP TERM INT; echo deaf=$((1+1)); while :; do sleep 0.1; done\r");
  until_shown(plugin, "deaf=2");
  call("TerminateSession", {{"SessionId", session_id()}});
  until_exit(plugin);
  EXPECT_TRUE(until([&] { return runtime_.running() == 0; }));
}

TEST_P(SessionTest, TheEndOfTheInstanceIsTold) {
  auto& plugin = open_shell();
  sessions().end_all_of("i-0123456789abcdef0", "");
  until_exit(plugin);
  EXPECT_TRUE(plugin.shows("The instance has stopped.")) << plugin.screen;
}

TEST_P(SessionTest, TheEndOfTheDaemonIsTold) {
  auto& plugin = open_shell();
  bool ended = false;
  sessions().end_all("The daemon ends.", [&] { ended = true; });
  EXPECT_TRUE(until([&] { return ended; }, 5s));
  until_exit(plugin);
  EXPECT_TRUE(plugin.shows("The daemon ends.")) << plugin.screen;
}

TEST_P(SessionTest, SeveralSessionsDoNotMix) {
  std::vector<PluginProcess*> shells;
  for (int i = 0; i < 4; ++i) shells.push_back(&open_shell());
  for (std::size_t i = 0; i < shells.size(); ++i) {
    shells[i]->type("echo me=$((1000+" + std::to_string(i) + "))\r");
  }
  for (std::size_t i = 0; i < shells.size(); ++i) {
    until_shown(*shells[i], "me=100" + std::to_string(i));
    EXPECT_FALSE(shells[i]->shows("me=100" + std::to_string((i + 1) % 4)));
  }
  EXPECT_EQ(call("DescribeSessions", {{"State", "Active"}})["Sessions"].size(), 4u);
}

TEST_P(SessionTest, ACommandThatCannotStartIsTold) {
  runtime_.fail_with = "no such file: /bin/nope";
  auto& plugin = run_plugin(start_session());
  until_exit(plugin);
  EXPECT_TRUE(plugin.shows("no such file: /bin/nope")) << plugin.screen;
  EXPECT_EQ(status_of("History"), "Failed");
}

TEST_P(SessionTest, ATokenThatIsWrongIsToldAndNothingStarts) {
  auto session = start_session();
  session["TokenValue"] = "wrong";
  auto& plugin = run_plugin(session);
  until_exit(plugin);
  EXPECT_TRUE(plugin.shows("The token is not valid")) << plugin.screen;
  EXPECT_EQ(runtime_.started, 0);
}

TEST_P(SessionTest, ASessionThatIsOverIsTold) {
  const auto session = start_session();
  call("TerminateSession", {{"SessionId", session["SessionId"]}});
  auto& plugin = run_plugin(session);
  until_exit(plugin);
  EXPECT_TRUE(plugin.shows("The session has ended.")) << plugin.screen;
}

TEST_P(SessionTest, ANonInteractiveCommandRunsWithoutATerminal) {
  const Json parameters = {{"command", {"tty; echo err >&2; cat; exit 7"}},
                           {"separateOutputStream", {"True"}}};
  auto& plugin = run_plugin(start_session(
      {{"DocumentName", "AWS-StartNonInteractiveCommand"}, {"Parameters", parameters}}));
  until_exit(plugin);
  EXPECT_TRUE(plugin.shows("not a tty")) << plugin.screen;
  EXPECT_TRUE(plugin.shows("err"));
  if (GetParam() == "ours") {
    EXPECT_EQ(plugin.exit_status(), 7);
  } else {
    EXPECT_TRUE(plugin.shows("EXIT_CODE: 7"));
  }
}

TEST_P(SessionTest, AClientThatDiesLeavesTheShellForAnother) {
  auto& first = open_shell();
  first.type("echo kept=$((40+2)); NAME=value\r");
  until_shown(first, "kept=42");
  first.signal(SIGKILL);
  ASSERT_TRUE(until([&] { return status_of("Active") == "Disconnected"; }));
  const auto resumed = call("ResumeSession", {{"SessionId", session_id()}});
  ASSERT_TRUE(resumed.contains("TokenValue"));
  auto& second = run_plugin(resumed);
  second.type("echo again=$NAME\r");
  until_shown(second, "again=value");
  second.type("exit\r");
  until_exit(second);
  EXPECT_EQ(runtime_.started, 1);
}

TEST_P(SessionTest, APortSessionIsRefusedInWords) {
  auto& plugin = run_plugin(start_session({{"DocumentName", "AWS-StartPortForwardingSession"}}));
  until_exit(plugin);
  EXPECT_TRUE(plugin.shows("not s")) << plugin.screen;
  EXPECT_EQ(runtime_.started, 0);
}

// What ours does and the official plugin does not.
class OurPluginTest : public SessionTest {};

TEST_P(OurPluginTest, GivesTheTerminalBackAsItWas) {
  auto& plugin = open_shell();
  EXPECT_FALSE(plugin.is_cooked());
  plugin.type("exit\r");
  until_exit(plugin);
  EXPECT_TRUE(plugin.is_cooked());
}

TEST_P(OurPluginTest, GivesTheTerminalBackWhenItIsTerminated) {
  auto& plugin = open_shell();
  plugin.signal(SIGTERM);
  until_exit(plugin);
  EXPECT_EQ(plugin.exit_status(), 128 + SIGTERM);
  EXPECT_TRUE(plugin.is_cooked());
}

TEST_P(OurPluginTest, ShowsTheOutputOfCommandsFromAPipe) {
  auto& plugin = run_plugin(start_session(), "echo 'sleep 0.3; echo pip\"\"ed'");
  until_exit(plugin);
  EXPECT_EQ(plugin.exit_status(), 0);
  EXPECT_TRUE(plugin.shows("piped")) << plugin.screen;
  EXPECT_TRUE(plugin.shows("Exiting session")) << plugin.screen;
}

TEST_P(OurPluginTest, GivesUpInWordsWhenTheDaemonIsGone) {
  const auto session = start_session();
  server_.reset();
  auto& plugin = run_plugin(session);
  until_exit(plugin);
  EXPECT_EQ(plugin.exit_status(), 1);
  EXPECT_TRUE(plugin.shows("Connection refused")) << plugin.screen;
}

TEST_P(OurPluginTest, CtrlCEndsTheWaitForADaemonThatWentAway) {
  auto& plugin = open_shell();
  server_.reset();  // every connection breaks, none comes back
  until_shown(plugin, "Trying to resume");
  plugin.type("\x03");
  until_exit(plugin);
  EXPECT_EQ(plugin.exit_status(), 1);
  EXPECT_TRUE(plugin.is_cooked());
}

INSTANTIATE_TEST_SUITE_P(Plugins, OurPluginTest, testing::Values("ours"));

std::string plugin_name(const testing::TestParamInfo<std::string>& plugin) { return plugin.param; }
INSTANTIATE_TEST_SUITE_P(Plugins, SessionTest, testing::Values("ours", "stock"), plugin_name);

}  // namespace
}  // namespace enibox
