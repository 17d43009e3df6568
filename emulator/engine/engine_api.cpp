#include "emulator/engine/engine_api.hpp"

#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>

#include "emulator/engine/errors.hpp"
#include "emulator/engine/filters.hpp"
#include "emulator/engine/json_views.hpp"
#include "emulator/engine/times.hpp"
#include "emulator/engine/unix_listener.hpp"

namespace enibox::engine {

EngineApi::EngineApi(Parts parts)
    : p_(parts),
      execs_(p_.loop, p_.runtime, p_.clock),
      logs_(p_.runtime, p_.clock),
      events_(p_.clock),
      stats_(p_.runtime, p_.clock),
      waiters_(p_.runtime, p_.clock) {}

EngineApi::~EngineApi() {
  while (!sockets_.empty()) forget(std::string(sockets_.begin()->first));
}

// --- sockets and events ---

void EngineApi::listen(const std::string& host_id, const std::string& run_dir) {
  forget(host_id);
  const int fd = listen_at(run_dir, "docker.sock", 0660);
  const auto listener = p_.server.listen(
      fd,
      [this, host_id](api::http::Request&& request, std::shared_ptr<api::http::Exchange> exchange) {
        handle(host_id, std::move(request), std::move(exchange));
      });
  sockets_[host_id] = {.listener = listener, .path = run_dir + "/docker.sock"};
}

void EngineApi::forget(const std::string& host_id) {
  const auto found = sockets_.find(host_id);
  if (found == sockets_.end()) return;
  const auto socket = found->second;
  sockets_.erase(found);
  execs_.forget_host(host_id);
  events_.forget_host(host_id);
  p_.server.close_listener(socket.listener);
  ::unlink(socket.path.c_str());  // gone already with the host's directory, mostly
}

void EngineApi::container_exited(const containers::ContainerExit& exit) {
  logs_.ended(exit.container_id);
  publish(exit.container_id, "die", {{"exitCode", std::to_string(exit.exit_code)}});
  waiters_.ended(exit.container_id, exit.exit_code);
}

void EngineApi::logged(const std::string& container_id,
                       const std::vector<containers::LogLine>& lines) {
  logs_.logged(container_id, lines);
}

bool EngineApi::exec_exited(std::uint64_t exec_id, int exit_code) {
  return execs_.exited(exec_id, exit_code);
}

void EngineApi::publish(const std::string& container_id, const std::string& action,
                        const std::map<std::string, std::string>& attributes) {
  const auto found = p_.source.find(container_id);
  if (found && sockets_.contains(found->host_id)) {
    events_.publish(found->host_id, found->container, action, attributes);
  }
}

// --- requests ---

const std::vector<EngineApi::Route>& EngineApi::routes() {
  static const std::vector<Route> table{
      {"GET", {"_ping"}, &EngineApi::ping},
      {"GET", {"version"}, &EngineApi::version},
      {"GET", {"info"}, &EngineApi::info},
      {"GET", {"events"}, &EngineApi::events},
      {"GET", {"containers", "json"}, &EngineApi::list_containers},
      {"GET", {"containers", "*", "json"}, &EngineApi::inspect_container},
      {"GET", {"containers", "*", "logs"}, &EngineApi::container_logs},
      {"GET", {"containers", "*", "top"}, &EngineApi::container_top},
      {"GET", {"containers", "*", "stats"}, &EngineApi::container_stats},
      {"POST", {"containers", "*", "exec"}, &EngineApi::create_exec},
      {"POST", {"containers", "*", "stop"}, &EngineApi::stop_container},
      {"POST", {"containers", "*", "kill"}, &EngineApi::kill_container},
      {"POST", {"containers", "*", "wait"}, &EngineApi::wait_container},
      {"POST", {"exec", "*", "start"}, &EngineApi::start_exec},
      {"POST", {"exec", "*", "resize"}, &EngineApi::resize_exec},
      {"GET", {"exec", "*", "json"}, &EngineApi::inspect_exec},
      {"GET", {"images", "json"}, &EngineApi::list_images},
      {"GET", {"images", "**", "json"}, &EngineApi::inspect_image},
      {"GET", {"networks"}, &EngineApi::list_networks},
      {"GET", {"networks", "*"}, &EngineApi::inspect_network},
      {"GET", {"volumes"}, &EngineApi::list_volumes},
      {"GET", {"swarm"}, &EngineApi::no_swarm},
      {"GET", {"nodes", "**"}, &EngineApi::no_swarm},
      {"GET", {"services", "**"}, &EngineApi::no_swarm},
      {"GET", {"tasks", "**"}, &EngineApi::no_swarm},
      {"GET", {"secrets", "**"}, &EngineApi::no_swarm},
      {"GET", {"configs", "**"}, &EngineApi::no_swarm},
  };
  return table;
}

bool EngineApi::matches(const Route& route, const Call& call) {
  const auto method = call.method == "HEAD" ? std::string_view("GET") : call.method;
  if (method != route.method) return false;
  const auto& pattern = route.path;
  const auto many = std::find(pattern.begin(), pattern.end(), "**");
  if (many == pattern.end() ? call.path.size() != pattern.size()
                            : call.path.size() < pattern.size()) {
    return false;
  }
  const auto fits = [](const std::string& wanted, const std::string& is) {
    return wanted == "*" || wanted == is;
  };
  const auto after = pattern.end() - (many == pattern.end() ? many : many + 1);
  return std::equal(pattern.begin(), many, call.path.begin(), fits) &&
         std::equal(pattern.end() - after, pattern.end(), call.path.end() - after, fits);
}

void EngineApi::handle(const std::string& host_id, api::http::Request&& request,
                       std::shared_ptr<api::http::Exchange> exchange) {
  std::string method = request.method;
  std::vector<std::string> path = split_path(request.path);
  Call call{.host_id = host_id,
            .method = std::move(method),
            .path = std::move(path),
            .request = std::move(request),
            .exchange = std::move(exchange)};
  try {
    serve(call);
  } catch (const EngineError& error) {
    call.reply_error(error.status(), error.what());
  } catch (const std::exception& error) {
    spdlog::error("docker.sock of {}: {} {}: {}", host_id, call.method, call.request.path,
                  error.what());
    call.reply_error(500, error.what());
  }
}

void EngineApi::serve(const Call& call) {
  for (const auto& route : routes()) {
    if (matches(route, call)) return (this->*route.serve)(call);
  }
  const auto root = call.path.empty() ? std::string() : call.path.front();
  // `docker inspect x` asks for these one after the other and wants to hear "not found".
  if (call.method == "GET" && (root == "volumes" || root == "plugins")) {
    const auto name = call.path.size() > 1 ? call.path[1] : std::string();
    throw EngineError(404, "get " + name + ": no such " + root.substr(0, root.size() - 1));
  }
  if (root == "containers" || root == "images" || root == "networks" || call.method != "GET") {
    throw EngineError(501, "Enibox does not serve " + call.method + " " + call.request.path +
                               ": on a container instance ECS alone makes and removes containers "
                               "and images. Served: ps, inspect, exec, logs, top, stats, stop, "
                               "kill, wait, port, images, network ls, events, version, info.");
  }
  throw EngineError(404, "page not found");
}

EngineContainer EngineApi::container_of(const Call& call) {
  return find_container(p_.source.containers(call.host_id), call.path.at(1));
}

void EngineApi::ping(const Call& call) {
  auto headers = engine_headers();
  headers.emplace_back("Cache-Control", "no-cache, no-store, must-revalidate");
  headers.emplace_back("Builder-Version", "1");
  call.exchange->reply({.status = 200,
                        .content_type = "text/plain; charset=utf-8",
                        .body = "OK",
                        .headers = std::move(headers)});
}

void EngineApi::version(const Call& call) {
  call.reply(engine::version(p_.source.host(call.host_id)));
}

void EngineApi::info(const Call& call) {
  with_images(call, [call, host = p_.source.host(call.host_id),
                     containers = p_.source.containers(call.host_id),
                     now_ms = p_.clock.now_ms()](const auto& images) {
    call.reply(engine::info(host, containers, images.size(), now_ms));
  });
}

void EngineApi::list_containers(const Call& call) {
  const auto query =
      parse_list_query(call.parameter("filters"), call.flag("all"), call.parameter("limit"));
  auto rows = Json::array();
  for (const auto& container : select(p_.source.containers(call.host_id), query)) {
    rows.push_back(container_row(container, p_.clock.now_ms()));
  }
  call.reply(rows);
}

void EngineApi::inspect_container(const Call& call) {
  const auto container = container_of(call);
  call.reply(container_details(container, execs_.running_in(container.id)));
}

void EngineApi::container_logs(const Call& call) { logs_.answer(call, container_of(call)); }

void EngineApi::container_top(const Call& call) {
  const auto container = container_of(call);
  if (container.state != "running") {
    throw EngineError(409, "container " + container.id + " is not running");
  }
  const auto answer = [call](const std::vector<std::vector<std::string>>& rows) {
    call.reply({{"Titles", {"UID", "PID", "PPID", "C", "STIME", "TTY", "TIME", "CMD"}},
                {"Processes", rows}});
  };
  if (!container.in_runtime) {
    const auto command = container.argv.empty() ? "/pause" : container.argv.front();
    return answer({{"root", std::to_string(container.pid_in_host), "1", "0",
                    rfc3339(container.started_ms).substr(11, 5), "?", "00:00:00", command}});
  }
  p_.runtime.processes(container.id,
                       [call, answer](Outcome<std::vector<std::vector<std::string>>> rows) {
                         if (!rows.ok()) return call.reply_error(500, rows.error());
                         answer(rows.get());
                       });
}

void EngineApi::container_stats(const Call& call) {
  stats_.answer(call, container_of(call), p_.source.host(call.host_id));
}

void EngineApi::create_exec(const Call& call) { execs_.create(call, container_of(call)); }
void EngineApi::start_exec(const Call& call) { execs_.start(call, call.path[1]); }
void EngineApi::resize_exec(const Call& call) { execs_.resize(call, call.path[1]); }
void EngineApi::inspect_exec(const Call& call) { execs_.inspect(call, call.path[1]); }

void EngineApi::stop_container(const Call& call) { waiters_.stop(call, container_of(call)); }
void EngineApi::kill_container(const Call& call) { waiters_.kill(call, container_of(call)); }
void EngineApi::wait_container(const Call& call) { waiters_.wait(call, container_of(call)); }

void EngineApi::with_images(const Call& call, UseImages use) {
  p_.source.images(call.host_id, [call, use = std::move(use)](auto images) {
    if (!images.ok()) return call.reply_error(500, images.error());
    try {
      use(images.get());
    } catch (const EngineError& error) {
      call.reply_error(error.status(), error.what());
    }
  });
}

void EngineApi::list_images(const Call& call) {
  const auto filters = Filters::parse(call.parameter("filters"),
                                      {"before", "dangling", "label", "reference", "since"});
  const auto& wanted = filters.values("reference");
  const auto is_wanted = [wanted](const EngineImage& image) {
    return wanted.empty() || std::any_of(wanted.begin(), wanted.end(), [&](const auto& reference) {
             return find_image({image}, reference) != nullptr;
           });
  };
  with_images(call, [call, is_wanted, containers = p_.source.containers(call.host_id)](
                        std::vector<EngineImage> images) {
    std::stable_sort(images.begin(), images.end(),
                     [](const auto& a, const auto& b) { return a.created_ms > b.created_ms; });
    auto rows = Json::array();
    for (const auto& image : images) {
      if (is_wanted(image)) rows.push_back(image_row(image, containers));
    }
    call.reply(rows);
  });
}

void EngineApi::inspect_image(const Call& call) {
  std::string name;
  for (std::size_t i = 1; i + 1 < call.path.size(); ++i) {
    name += (name.empty() ? "" : "/") + call.path[i];
  }
  with_images(call, [call, name](const std::vector<EngineImage>& images) {
    const auto* image = find_image(images, name);
    if (image == nullptr) throw EngineError(404, "No such image: " + name);
    call.reply(image_details(*image));
  });
}

void EngineApi::list_networks(const Call& call) { call.reply(networks()); }

void EngineApi::inspect_network(const Call& call) {
  const auto& wanted = call.path[1];
  for (const auto& network : networks()) {
    const std::string id = network["Id"];
    if (network["Name"] == wanted || id.starts_with(wanted)) return call.reply(network);
  }
  throw EngineError(404, "network " + wanted + " not found");
}

void EngineApi::list_volumes(const Call& call) {
  call.reply({{"Volumes", Json::array()}, {"Warnings", nullptr}});
}

void EngineApi::events(const Call& call) { events_.answer(call); }

void EngineApi::no_swarm(const Call&) {
  throw EngineError(503,
                    "This node is not a swarm manager. Use \"docker swarm init\" or \"docker "
                    "swarm join\" to connect this node to swarm and try again.");
}

}  // namespace enibox::engine
