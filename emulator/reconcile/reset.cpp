#include "emulator/reconcile/reset.hpp"

namespace enibox::reconcile {
namespace {

constexpr auto kLookEvery = std::chrono::milliseconds(20);
constexpr std::int64_t kPatience_ms = 30'000;
constexpr const char* kLiving[] = {"pending", "running", "stopping", "shutting-down"};

}  // namespace

void Reset::run(std::function<void(std::string)> done) {
  waiting_.push_back(std::move(done));
  if (waiting_.size() > 1) return;
  end_instances();
  wait(clock_.now_ms() + kPatience_ms);
}

void Reset::end_instances() {
  for (const char* state : {"pending", "running", "stopped"}) {
    for (const auto& instance : ec2_.instances_in_state(state)) {
      ec2_.set_instance_state(instance.instance_id, "shutting-down", "Enibox: reset");
      instances_.changed(instance.instance_id);
    }
  }
}

bool Reset::all_ended() {
  for (const char* state : kLiving) {
    if (!ec2_.instances_in_state(state).empty()) return false;
  }
  return ecs_.tasks.unfinished().empty();
}

void Reset::wait(std::int64_t until_ms) {
  if (all_ended()) {
    ec2_.clear_network();
    network_.when_passed(network_.generation(), [this] {
      ecs_.db.clear();
      finish("");
    });
  } else if (clock_.now_ms() > until_ms) {
    finish("instances or tasks did not end in time");
  } else {
    timer_ = clock_.after(kLookEvery, [this, until_ms] { wait(until_ms); });
  }
}

void Reset::finish(const std::string& error) {
  for (const auto& done : std::exchange(waiting_, {})) done(error);
}

}  // namespace enibox::reconcile
