#include "emulator/daemon.hpp"

#include <spdlog/spdlog.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>

#include "api/http/aws_endpoint.hpp"
#include "api/http/server.hpp"
#include "api/wire/coverage.hpp"
#include "emulator/asio_clock.hpp"
#include "emulator/cloudwatch/metric_store.hpp"
#include "emulator/containers/conmon_runtime.hpp"
#include "emulator/containers/image_store.hpp"
#include "emulator/dns/forwarder.hpp"
#include "emulator/dns/service.hpp"
#include "emulator/dns/vpc_zones.hpp"
#include "emulator/ec2/service.hpp"
#include "emulator/ecs/ecs.hpp"
#include "emulator/ecs/engine_view.hpp"
#include "emulator/ecs/session_targets.hpp"
#include "emulator/engine/engine_api.hpp"
#include "emulator/flow_logs/flow_logger.hpp"
#include "emulator/flow_logs/rows_source.hpp"
#include "emulator/guest_door.hpp"
#include "emulator/job_queue.hpp"
#include "emulator/porter_link.hpp"
#include "emulator/reconcile/guests.hpp"
#include "emulator/reconcile/instance_reconciler.hpp"
#include "emulator/reconcile/reset.hpp"
#include "emulator/services.hpp"
#include "emulator/ssm/session_manager.hpp"
#include "emulator/store/checkpointer.hpp"
#include "emulator/topology.hpp"
#include "emulator/vpc/internet_server.hpp"
#include "emulator/vpc/linux_network.hpp"
#include "emulator/why.hpp"

namespace enibox {
namespace {

constexpr const char* kInstanceImage = "enibox/ecs-instance:latest";
constexpr auto kSweepEvery = std::chrono::minutes(1);
constexpr auto kStopPatience = std::chrono::milliseconds(2'000);

std::unique_ptr<store::Database> open_database(const DaemonOptions& options) {
  auto db = options.database_path
                ? std::make_unique<store::Database>(
                      *options.database_path, store::Database::Options{.durable = options.durable})
                : std::make_unique<store::Database>();
  db->migrate();
  return db;
}

// Of a database on disk only.
std::unique_ptr<store::Checkpointer> make_checkpointer(boost::asio::io_context& loop,
                                                       store::Database& db, Clock& clock,
                                                       const DaemonOptions& options) {
  if (!options.database_path) return nullptr;
  return std::make_unique<store::Checkpointer>(loop, clock, db, *options.database_path);
}

std::optional<std::int64_t> flow_log_interval_ms(const DaemonOptions& options) {
  if (!options.flow_log_interval_s) return std::nullopt;
  return *options.flow_log_interval_s * std::int64_t{1000};
}

// The object graph, in the order of its dependencies: read it as the table of contents.
class Daemon {
 public:
  Daemon(boost::asio::io_context& loop, const DaemonOptions& options)
      : options_(options),
        clock_(loop),
        db_(open_database(options)),
        checkpointer_(make_checkpointer(loop, *db_, clock_, options)),
        network_(loop, {.netns_directory = options.paths.run_dir + "/netns",
                        .adopt = options.box_reentered,
                        .service_packets_per_second = options.service_packets_per_second.value_or(
                            vpc::kServicePacketsPerSecond)}),
        internet_(loop),
        images_({.directory = options.paths.image_store}),
        runtime_(loop, images_,
                 {.run_dir = options.paths.run_dir,
                  .state_dir = options.paths.state_dir,
                  .cgroup = options.cgroup}),
        logs_(*db_, clock_),
        metrics_(*db_, clock_),
        keys_(*db_, clock_),
        sessions_(loop, clock_, *db_, runtime_),
        ec2_(*db_, clock_, network_, options.account_id),
        private_names_(ec2_),
        public_names_(ec2_),
        reverse_names_(ec2_),
        resolver_(ec2_, {&private_names_, &public_names_, &reverse_names_, &local_names_}),
        dns_(loop, network_, ec2_, resolver_),
        iam_(*db_, clock_, options.account_id),
        ecs_(*db_, clock_, ec2_, sessions_, options.account_id),
        targets_(ecs_),
        view_(loop, ecs_, images_),
        server_(loop, {}),
        engine_({loop, server_, view_, runtime_, clock_}),
        devices_(ec2_, network_),
        commands_(loop, runtime_),
        tasks_({ecs_, devices_, network_, runtime_, logs_, sessions_, commands_, clock_,
                [this](auto& id, auto& action, auto& more) { engine_.publish(id, action, more); }}),
        instances_({ecs_, ec2_, devices_, network_, runtime_, sessions_, tasks_, commands_, clock_,
                    kInstanceImage,
                    [this](auto& id, auto& run_dir) { engine_.listen(id, run_dir); },
                    [this](auto& id) { engine_.forget(id); }}),
        guests_({ec2_, devices_, network_, options.paths.run_dir + "/netns"}),
        guest_door_(guests_, ec2_),
        reset_(ecs_, ec2_, instances_, network_, clock_),
        flow_rows_(ec2_, ecs_, flow_log_interval_ms(options)),
        flow_collector_(loop, /*threads=*/1),
        flow_logs_({clock_, network_, flow_rows_, logs_,
                    [this](auto work, auto done) { flow_collector_.submit(work, done); },
                    options.paths.state_dir + "/s3"}),
        dispatcher_(network_, {.account_id = options.account_id,
                               .trial = [this](auto& work) { try_out(work); }}),
        endpoint_(dispatcher_, {.allowed_hosts = options.allow_hosts}) {
    connect_events();
    add_services();
    add_controls();
    if (!options.auth_keys.empty()) verify_signatures();
    if (options.any_image) ec2_.take_any_image();
  }

  // Takes over what runs in the box, then opens the doors.
  // `internet_ready` is called when the namespace of the internet is there and an uplink wanted.
  void start(std::function<void()> ready, std::function<void()> internet_ready) {
    network_.hold_filters();
    ec2_.sync_network();
    network_.open_internet([this, internet_ready = std::move(internet_ready)](auto sockets) {
      if (!sockets.ok()) return spdlog::error("no internet in the box: {}", sockets.error());
      internet_.serve(std::move(sockets.get()));
      if (options_.uplink) internet_ready();
    });
    guests_.recover();
    flow_logs_.changed();
    runtime_.inventory([this, ready = std::move(ready)](auto outcome) {
      instances_.recover(outcome.get());
      tasks_.recover(outcome.get());
      network_.release_filters({});
      network_.forget_unclaimed({});
      for (const int fd : options_.listen_fds) server_.listen(fd, endpoint_.handler());
      sweep();
      ready();
    });
  }

  // Names outside of the VPCs are asked of it; it outlives the questions.
  void set_upstream(dns::Upstream& upstream) { resolver_.set_upstream(&upstream); }

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
    tasks_.flush_logs();
    sessions_.end_all("Enibox stops.", [this, done = std::move(done)] {
      flow_logs_.finish([this, done] { server_.stop(kStopPatience, done); });
    });
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
    devices_.making = [this](const std::string& eni_id) { flow_logs_.interface_made(eni_id); };
    ecs_.task_changed = [this](const std::string& id) { tasks_.changed(id); };
    ec2_.listen({.instance_changed = [this](auto& id) { instances_.changed(id); },
                 .instance_rebooted = [this](auto& id) { instances_.reboot(id); },
                 .vpc_changed = [this](auto& id) { dns_.vpc_changed(id); },
                 .eni_changed = [this](auto& id) { instances_.interface_changed(id); },
                 .flow_logs_changed = [this] { flow_logs_.changed(); },
                 .instance_profile = [this](auto& name) { return iam_.instance_profile(name); }});
  }

  void add_services() {
    for (auto& service : make_services(
             {*db_, clock_, ec2_, iam_, ecs_, logs_, metrics_, keys_, sessions_, targets_})) {
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
    endpoint_.on_control("GET", "/_enibox/topology",
                         [this](const auto&) { return json_response(topology_json(ec2_, ecs_)); });
    endpoint_.on_control("POST", "/_enibox/why",
                         [this](const auto& request) { return answer_why(ec2_, ecs_, request); });
    endpoint_.on_stream_control("POST", "/_enibox/in-vpc",
                                [this](const auto& request, auto exchange) {
                                  guest_door_.open(request, std::move(exchange));
                                });
    endpoint_.on_stream_control("POST", "/_enibox/attach",
                                [this](const auto& request, auto exchange) {
                                  guest_door_.attach(request, std::move(exchange));
                                });
    endpoint_.on_stream_control("POST", "/_enibox/detach", [this](const auto&, auto exchange) {
      guest_door_.detach(std::move(exchange));
    });
    endpoint_.on_late_control("POST", "/_enibox/reset", [this](auto reply) {
      reset_.run([this, reply = std::move(reply)](const std::string& error) {
        dns_.forget_gone();
        flow_logs_.changed();
        reply(error.empty() ? json_response({{"status", "ok"}})
                            : json_response({{"message", error}}, 500));
      });
    });
  }

  void verify_signatures() {
    const auto find = [this](const std::string& id) -> std::optional<api::http::SigningSecret> {
      if (const auto own = options_.auth_keys.find(id); own != options_.auth_keys.end()) {
        return {{.secret_access_key = own->second, .session_token = {}, .expires_s = 0}};
      }
      const auto key = keys_.find(id);
      if (!key) return std::nullopt;
      return {{key->secret_access_key, key->session_token, key->expires_ms / 1000}};
    };
    endpoint_.authenticate({find, [this] { return clock_.now_ms() / 1000; }});
  }

  // EC2's DryRun: a run whose rows are undone.
  void try_out(const std::function<void()>& work) {
    store::Transaction undone(*db_);
    work();
  }

  void sweep() {
    ecs::forget_what_is_over(ecs_);
    logs_.sweep();
    metrics_.sweep();
    keys_.sweep();
    sweep_timer_ = clock_.after(kSweepEvery, [this] { sweep(); });
  }

  const DaemonOptions& options_;
  AsioClock clock_;
  std::unique_ptr<store::Database> db_;
  std::unique_ptr<store::Checkpointer> checkpointer_;
  vpc::LinuxNetwork network_;
  vpc::InternetServer internet_;
  containers::ImageStore images_;
  containers::ConmonRuntime runtime_;
  logs::LogStore logs_;
  cloudwatch::MetricStore metrics_;
  sts::TemporaryKeys keys_;
  ssm::SessionManager sessions_;
  ec2::Ec2Service ec2_;
  dns::PrivateNames private_names_;
  dns::PublicNames public_names_;
  dns::ReverseNames reverse_names_;
  dns::LocalNames local_names_;
  dns::Resolver resolver_;
  dns::DnsService dns_;
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
  reconcile::Guests guests_;
  GuestDoor guest_door_;
  reconcile::Reset reset_;
  flow_logs::RowsSource flow_rows_;
  JobQueue flow_collector_;
  flow_logs::FlowLogger flow_logs_;
  api::Dispatcher dispatcher_;
  api::http::AwsEndpoint endpoint_;
  std::unique_ptr<Clock::Timer> sweep_timer_;
  bool stopping_ = false;
};

// The host's resolvers are in the porter's network.
dns::Forwarder::Open by_porter(PorterLink& porter) {
  return [&porter](dns::Transport transport, int server, Done<dns::ResolverSocket> done) {
    porter.request({{"kind", "resolver-socket"},
                    {"protocol", transport == dns::Transport::kTcp ? "tcp" : "udp"},
                    {"server", server}},
                   [done = std::move(done)](Outcome<PorterLink::Reply> reply) {
                     if (!reply.ok()) {
                       return done(std::make_exception_ptr(std::runtime_error(reply.error())));
                     }
                     done(dns::ResolverSocket{std::move(reply.get().descriptor),
                                              reply.get().message.value("servers", 1)});
                   });
  };
}

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
  PorterLink porter(loop, netns::UniqueFd(options.porter_fd), {stop});
  dns::Forwarder forwarder(loop, by_porter(porter));
  if (options.uplink) daemon.set_upstream(forwarder);
  daemon.start([&] { porter.ready(); },
               [&] {
                 porter.send({{"kind", "uplink"},
                              {"path", options.paths.run_dir + "/netns/" + vpc::kInternetName}});
               });
  loop.run();
  return 0;
}

}  // namespace enibox
