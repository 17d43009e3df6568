#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>

namespace enibox::api::http {

using SteadyTime = std::chrono::steady_clock::time_point;
constexpr SteadyTime kNever = SteadyTime::max();

class Registry;

// One connection of a server, whatever it has become (HTTP, WebSocket, raw): it can be counted,
// timed out, and closed when the server stops. Owned elsewhere; leaves the registry when it dies or
// closes.
class Tracked {
 public:
  Tracked(std::shared_ptr<Registry> registry, std::uint64_t listener);
  virtual ~Tracked() { untrack(); }
  Tracked(const Tracked&) = delete;
  Tracked& operator=(const Tracked&) = delete;

  // None of these three may end another connection within the call.
  // The deadline has passed.
  virtual void on_deadline() = 0;
  // The server stops: close when what runs is answered; at once when nothing runs.
  virtual void drain() = 0;
  // Close now. Must untrack.
  virtual void cut() = 0;

  // Waiting for a request: may be closed to make room, the longest idle first.
  void mark_idle(SteadyTime deadline);
  void mark_busy(SteadyTime deadline);
  void untrack();
  std::uint64_t listener() const { return listener_; }

 protected:
  Registry& registry() { return *registry_; }
  const std::shared_ptr<Registry>& shared_registry() const { return registry_; }

 private:
  friend class Registry;
  std::shared_ptr<Registry> registry_;
  std::uint64_t listener_;
  SteadyTime deadline_ = kNever;
  std::list<Tracked*>::iterator place_;
  bool idle_ = false, tracked_ = true;
};

// The connections of one server. All of them idle have one timeout, so the idle list is in the
// order of the deadlines and a sweep looks at its front only. Loop thread only.
class Registry {
 public:
  std::size_t size() const { return idle_.size() + busy_.size(); }
  bool stopping() const { return stopping_; }

  // Ends what is past its deadline.
  void sweep(SteadyTime now);
  bool has_idle() const { return !idle_.empty(); }
  // Closes the connection that is idle longest; false when none is idle.
  bool evict_idle();
  void drain_all();
  void cut_all();
  void cut_of(std::uint64_t listener);
  // Called once, when the last connection goes. May be empty.
  std::function<void()> on_empty;

 private:
  friend class Tracked;
  template <typename Action>
  void for_each_busy(Action action);

  std::list<Tracked*> idle_, busy_;
  bool stopping_ = false;
};

}  // namespace enibox::api::http
