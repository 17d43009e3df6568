// What the containers of a task write, on its way to their log streams.
#include <spdlog/spdlog.h>

#include "emulator/reconcile/task_reconciler.hpp"

namespace enibox::reconcile {
namespace {

constexpr std::int64_t kLineWaitMs = 5'000;

}  // namespace

std::optional<ecs::LogTarget> TaskReconciler::log_target(const View& seen,
                                                         const ecs::Container& container) {
  return ecs::awslogs_target(
      seen.task, ecs::effective_container(seen.task, seen.definition, container.name), container);
}

// Makes the log stream. The reason, when the container cannot have such a log.
std::string TaskReconciler::open_log(const View& seen, const ecs::Container& container) {
  const auto target = log_target(seen, container);
  if (!target) return {};
  const std::string daemon = "Error response from daemon: ";
  const auto conflict =
      logs::conflict_of_line_options(target->multiline_pattern, target->datetime_format);
  if (!conflict.empty()) return "CannotCreateContainerError: " + daemon + conflict;
  const std::string no_log =
      "CannotStartContainerError: " + daemon + "failed to initialize logging driver: ";
  try {
    logs::make_line_joiner(target->multiline_pattern, target->datetime_format);
    if (target->create_group) p_.logs.create_group(target->region, target->group);
    p_.logs.create_stream(target->region, target->group, target->stream);
  } catch (const AwsError& error) {
    return no_log + "failed to create Cloudwatch log stream: " + error.code() + ": " +
           error.message();
  } catch (const std::runtime_error& error) {
    return no_log + error.what();
  }
  return {};
}

TaskReconciler::Output* TaskReconciler::output_of(const std::string& docker_id) {
  if (const auto known = outputs_.find(docker_id); known != outputs_.end()) return &known->second;
  const auto container = p_.ecs.tasks.container_by_docker_id(docker_id);
  const auto seen = container ? view(container->task_id) : std::nullopt;
  if (!seen) return nullptr;
  auto& output = outputs_[docker_id];
  output.target = log_target(*seen, *container);
  if (!output.target) return &output;
  try {
    output.joiner =
        logs::make_line_joiner(output.target->multiline_pattern, output.target->datetime_format);
  } catch (const std::runtime_error& error) {  // an earlier daemon started it all the same
    spdlog::warn("container {}: {}", docker_id.substr(0, 12), error.what());
  }
  return &output;
}

void TaskReconciler::logged(const std::string& docker_id,
                            const std::vector<containers::LogLine>& lines) {
  auto* output = output_of(docker_id);
  if (output == nullptr || !output->target) return;
  std::vector<logs::Event> events;
  for (const auto& line : lines) {
    logs::Event event{.timestamp_ms = line.timestamp_ms, .message = line.text};
    if (output->joiner) {
      if (auto complete = output->joiner->add(std::move(event)))
        events.push_back(*std::move(complete));
    } else if (!event.message.empty()) {
      events.push_back(std::move(event));
    }
  }
  append(*output, events);
  if (output->joiner && !output->flush_timer) flush_later(docker_id);
}

void TaskReconciler::append(const Output& output, const std::vector<logs::Event>& events) {
  if (events.empty()) return;
  const auto& target = *output.target;
  try {
    p_.logs.append(target.region, target.group, target.stream, events);
  } catch (const AwsError& error) {  // the group was deleted under it: as the driver, go on
    spdlog::debug("awslogs {}: {}", target.group, error.message());
  }
}

void TaskReconciler::flush(Output& output) {
  output.flush_timer.reset();
  if (!output.joiner) return;
  if (auto rest = output.joiner->flush()) append(output, {*std::move(rest)});
}

// The driver waits five seconds from an event's first line for more of it.
void TaskReconciler::flush_later(const std::string& docker_id) {
  auto& output = outputs_.at(docker_id);
  const auto since = output.joiner->open_since_ms();
  if (!since) return;
  const auto left =
      std::clamp<std::int64_t>(*since + kLineWaitMs - p_.clock.now_ms(), 1, kLineWaitMs);
  output.flush_timer = p_.clock.after(std::chrono::milliseconds(left), [this, id = docker_id] {
    const auto found = outputs_.find(id);
    auto& late = found->second;
    late.flush_timer.reset();  // `id` goes with it
    const auto first_ms = late.joiner->open_since_ms();
    if (!first_ms) return;
    if (p_.clock.now_ms() - *first_ms >= kLineWaitMs) return flush(late);
    flush_later(found->first);
  });
}

void TaskReconciler::flush_logs() {
  for (auto& [docker_id, output] : outputs_) flush(output);
}

}  // namespace enibox::reconcile
