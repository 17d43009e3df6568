#include "tests/sessions/session_fixture.hpp"

namespace enibox {
namespace {

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
  // Short sleeps: a key that comes before one has begun must not wait for its end.
  plugin.type(
      "trap \"echo cau''ght; n=1\" INT; echo ready=$((1+1)); until [ $n ]; do sleep 0.1; done\r");
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
