#pragma once
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace enibox::vpc {

// One thread for what nobody waits for: deleting a veth takes 16 ms, which the network worker must
// not spend. Jobs run in order, a moment after they were given, so that what comes together is done
// together: each deletion holds a lock that every change of links in every namespace needs. A job
// that throws is dropped. The destructor runs what is left.
class Background {
 public:
  Background();
  ~Background();
  Background(const Background&) = delete;
  Background& operator=(const Background&) = delete;

  void submit(std::function<void()> job);
  bool idle();
  // Returns when everything submitted so far has run, which it does at once then.
  void wait_idle();

 private:
  void work_loop();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> jobs_;
  bool running_ = false;
  bool stopping_ = false;
  int hurrying_ = 0;  // callers of wait_idle()
  std::thread thread_;
};

}  // namespace enibox::vpc
