#pragma once
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

using namespace std::chrono_literals;
using test::PluginProcess;

inline std::string directory_of_this_program() {
  return std::filesystem::read_symlink("/proc/self/exe").parent_path();
}

// The official plugin: ENIBOX_STOCK_PLUGIN, or one on PATH that is not ours.
inline std::string stock_plugin() {
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
    manager_ = std::make_unique<ssm::SessionManager>(loop_, clock_, db_, runtime_, options_);
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
  ssm::SessionManager::Options options_;
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

}  // namespace enibox
