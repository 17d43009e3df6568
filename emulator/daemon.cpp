#include "emulator/daemon.hpp"

#include <spdlog/spdlog.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>

#include "api/http/aws_endpoint.hpp"
#include "api/http/server.hpp"
#include "api/wire/coverage.hpp"
#include "emulator/asio_clock.hpp"
#include "emulator/containers/conmon_runtime.hpp"
#include "emulator/containers/image_store.hpp"
#include "emulator/ec2/service.hpp"
#include "emulator/ecs/ecs.hpp"
#include "emulator/ecs/engine_view.hpp"
#include "emulator/ecs/session_targets.hpp"
#include "emulator/engine/engine_api.hpp"
#include "emulator/porter_link.hpp"
#include "emulator/reconcile/instance_reconciler.hpp"
#include "emulator/reconcile/reset.hpp"
#include "emulator/services.hpp"
#include "emulator/ssm/session_manager.hpp"
#include "emulator/vpc/linux_network.hpp"

namespace enibox {
namespace {

constexpr const char* kInstanceImage = "enibox/ecs-instance:latest";
constexpr auto kSweepEvery = std::chrono::minutes(1);
// AWS keeps a stopped task describable for about an hour.
constexpr std::int64_t kStoppedTasksKept_ms = 3'600'000;
constexpr auto kStopPatience = std::chrono::milliseconds(2'000);

std::unique_ptr<store::Database> open_database(const DaemonOptions& options) {
  auto db = options.database_path
                ? std::make_unique<store::Database>(
                      *options.database_path, store::Database::Options{.durable = options.durable})
                : std::make_unique<store::Database>();
  db->migrate();
  return db;
}

// The object graph, in the order of its dependencies: read it as the table of contents.
class Daemon {
 public:
  Daemon(boost::asio::io_context& loop, const DaemonOptions& options)
      : options_(options),
        clock_(loop),
        db_(open_database(options)),
        network_(loop, {.netns_directory = options.paths.run_dir + "/netns",
                        .adopt = options.box_reentered}),
        images_({.directory = options.paths.image_store}),
        runtime_(loop, images_,
                 {.run_dir = options.paths.run_dir,
                  .state_dir = options.paths.state_dir,
                  .cgroup = options.cgroup}),
        logs_(*db_, clock_),
        sessions_(loop, clock_, *db_, runtime_),
        ec2_(*db_, clock_, network_, options.account_id),
        iam_(*db_, clock_, options.account_id),
        ecs_(*db_, clock_, ec2_, sessions_, options.account_id),
        targets_(ecs_),
        view_(ecs_, images_),
        server_(loop, {}),
        engine_({loop, server_, view_, runtime_, clock_}),
        devices_(ec2_, network_),
        commands_(loop, runtime_),
        tasks_({ecs_, devices_, network_, runtime_, logs_, sessions_, commands_, clock_}),
        instances_({ecs_, ec2_, devices_, network_, runtime_, sessions_, tasks_, commands_, clock_,
                    kInstanceImage,
                    [this](auto& id, auto& run_dir) { engine_.listen(id, run_dir); },
                    [this](auto& id) { engine_.forget(id); }}),
        reset_(ecs_, ec2_, instances_, network_, clock_),
        dispatcher_(network_, {.account_id = options.account_id,
                               .trial = [this](auto& work) { try_out(work); }}),
        endpoint_(dispatcher_, {.allowed_hosts = options.allow_hosts}) {
    connect_events();
    add_services();
    add_controls();
  }

  // Takes over what runs in the box, then opens the doors.
  void start(std::function<void()> ready) {
    ec2_.sync_network();
    runtime_.inventory([this, ready = std::move(ready)](auto outcome) {
      instances_.recover(outcome.get());
      tasks_.recover(outcome.get());
      network_.forget_unclaimed({});
      for (const int fd : options_.listen_fds) server_.listen(fd, endpoint_.handler());
      sweep();
      ready();
    });
  }

  // Lets sessions end with their message and answers leave; `done` within a few seconds.
  void stop(std::function<void()> done) {
    if (std::exchange(stopping_, true)) return done();  // asked again: no more patience
    if (options_.box_persistent) {
      const auto left = ecs_.tasks.unfinished().size();
      if (left > 0) {
        spdlog::info("{} task{} on; 'enibox stop --data-dir' ends {}", left,
                     left == 1 ? " runs" : "s run", left == 1 ? "it" : "them");
      }
    }
    sessions_.end_all("Enibox stops.",
                      [this, done = std::move(done)] { server_.stop(kStopPatience, done); });
  }

 private:
  void connect_events() {
    runtime_.listen({.container_exited =
                         [this](auto exit) {
                           tasks_.container_exited(exit);
                           engine_.container_exited(exit);
                         },
                     .host_died = [this](auto id) { instances_.host_died(id); },
                     .logged =
                         [this](auto id, auto lines) {
                           tasks_.logged(id, lines);
                           engine_.logged(id, lines);
                         },
                     .exec_exited =
                         [this](auto id, int code) {
                           if (commands_.exited(id, code) || engine_.exec_exited(id, code)) return;
                           sessions_.exec_exited(id, code);
                         }});
    ecs_.task_changed = [this](const std::string& id) { tasks_.changed(id); };
    ec2_.listen({.instance_changed = [this](auto& id) { instances_.changed(id); },
                 .instance_rebooted = [this](auto& id) { instances_.reboot(id); },
                 .eni_changed = [this](auto& id) { instances_.interface_changed(id); },
                 .instance_profile = [this](auto& name) { return iam_.instance_profile(name); }});
  }

  void add_services() {
    for (auto& service :
         make_services({*db_, clock_, ec2_, iam_, ecs_, logs_, sessions_, targets_})) {
      dispatcher_.add(std::move(service));
    }
    endpoint_.on_data_channel([this](auto& session_id, auto socket) {
      sessions_.accept_socket(session_id, std::move(socket));
    });
  }

  void add_controls() {
    using api::http::json_response;
    endpoint_.on_control("GET", "/_enibox/health", [](const auto&) {
      return json_response({{"status", "ok"}, {"version", ENIBOX_VERSION}});
    });
    endpoint_.on_control("GET", "/_enibox/coverage", [this](const auto&) {
      return json_response(api::coverage_json(dispatcher_.coverage()));
    });
    endpoint_.on_late_control("POST", "/_enibox/reset", [this](auto reply) {
      reset_.run([reply = std::move(reply)](const std::string& error) {
        reply(error.empty() ? json_response({{"status", "ok"}})
                            : json_response({{"message", error}}, 500));
      });
    });
  }

  // EC2's DryRun: a run whose rows are undone.
  void try_out(const std::function<void()>& work) {
    store::Transaction undone(*db_);
    work();
  }

  void sweep() {
    ecs_.tasks.forget_stopped_before(clock_.now_ms() - kStoppedTasksKept_ms);
    logs_.sweep();
    sweep_timer_ = clock_.after(kSweepEvery, [this] { sweep(); });
  }

  const DaemonOptions& options_;
  AsioClock clock_;
  std::unique_ptr<store::Database> db_;
  vpc::LinuxNetwork network_;
  containers::ImageStore images_;
  containers::ConmonRuntime runtime_;
  logs::LogStore logs_;
  ssm::SessionManager sessions_;
  ec2::Ec2Service ec2_;
  iam::Iam iam_;
  ecs::Ecs ecs_;
  ecs::SessionTargets targets_;
  ecs::EngineView view_;
  api::http::Server server_;
  engine::EngineApi engine_;
  reconcile::Devices devices_;
  reconcile::HostCommands commands_;
  reconcile::TaskReconciler tasks_;
  reconcile::InstanceReconciler instances_;
  reconcile::Reset reset_;
  api::Dispatcher dispatcher_;
  api::http::AwsEndpoint endpoint_;
  std::unique_ptr<Clock::Timer> sweep_timer_;
  bool stopping_ = false;
};

}  // namespace

int run_daemon(DaemonOptions options) {
  spdlog::set_level(options.log_level);
  boost::asio::io_context loop(1);
  Daemon daemon(loop, options);
  const auto stop = [&] { daemon.stop([&] { loop.stop(); }); };
  boost::asio::signal_set signals(loop, SIGTERM, SIGINT, SIGHUP);
  std::function<void()> await_signal = [&] {
    signals.async_wait([&](const boost::system::error_code& error, int) {
      if (error) return;
      stop();
      await_signal();
    });
  };
  await_signal();
  PorterLink porter(loop, netns::UniqueFd(options.porter_fd), {stop, nullptr});
  daemon.start([&] { porter.ready(); });
  loop.run();
  return 0;
}

}  // namespace enibox
