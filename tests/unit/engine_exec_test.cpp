#include <fcntl.h>
#include <sys/ioctl.h>

#include <atomic>
#include <thread>

#include "tests/unit/engine_fixture.hpp"

// `docker exec` on a container instance: streams, resize, ends.
namespace enibox::engine {
namespace {

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
