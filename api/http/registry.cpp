#include "api/http/registry.hpp"

#include <utility>

namespace enibox::api::http {

Tracked::Tracked(std::shared_ptr<Registry> registry, std::uint64_t listener)
    : registry_(std::move(registry)), listener_(listener) {
  place_ = registry_->busy_.insert(registry_->busy_.end(), this);
}

void Tracked::mark_idle(SteadyTime deadline) {
  if (!tracked_) return;
  auto& from = idle_ ? registry_->idle_ : registry_->busy_;
  registry_->idle_.splice(registry_->idle_.end(), from, place_);
  idle_ = true;
  deadline_ = deadline;
}

void Tracked::mark_busy(SteadyTime deadline) {
  if (!tracked_) return;
  deadline_ = deadline;
  if (!idle_) return;
  registry_->busy_.splice(registry_->busy_.end(), registry_->idle_, place_);
  idle_ = false;
}

void Tracked::untrack() {
  if (!tracked_) return;
  tracked_ = false;
  (idle_ ? registry_->idle_ : registry_->busy_).erase(place_);
  if (registry_->size() > 0 || !registry_->on_empty) return;
  std::exchange(registry_->on_empty, nullptr)();
}

// Ending one connection never ends another within the same call (events of an end are posted), so
// it is enough to step on before the call.
template <typename Action>
void Registry::for_each_busy(Action action) {
  for (auto next = busy_.begin(); next != busy_.end();) action(**next++);
}

void Registry::sweep(SteadyTime now) {
  while (!idle_.empty() && idle_.front()->deadline_ <= now) idle_.front()->cut();
  for_each_busy([now](Tracked& one) {
    if (one.deadline_ <= now) one.on_deadline();
  });
}

bool Registry::evict_idle() {
  if (idle_.empty()) return false;
  idle_.front()->cut();
  return true;
}

void Registry::drain_all() {
  stopping_ = true;
  while (!idle_.empty()) idle_.front()->cut();
  for_each_busy([](Tracked& one) { one.drain(); });
}

void Registry::cut_all() {
  while (!idle_.empty()) idle_.front()->cut();
  for_each_busy([](Tracked& one) { one.cut(); });
}

void Registry::cut_of(std::uint64_t listener) {
  for_each_busy([listener](Tracked& one) {
    if (one.listener_ == listener) one.cut();
  });
  for (auto next = idle_.begin(); next != idle_.end();) {
    auto* one = *next++;
    if (one->listener_ == listener) one->cut();
  }
}

}  // namespace enibox::api::http
