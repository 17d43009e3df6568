#pragma once
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <type_traits>
#include <vector>

#include "emulator/outcome.hpp"

namespace enibox {

// A bounded pool of threads for work that must not run on the loop thread. With one thread, jobs
// run in the order they were given. A job takes values and its result is posted to the loop.
// submit() is called on the loop thread; the destructor finishes the running jobs, drops the
// others.
class JobQueue {
 public:
  JobQueue(boost::asio::io_context& loop, int threads, std::size_t capacity = 10'000);
  ~JobQueue();
  JobQueue(const JobQueue&) = delete;
  JobQueue& operator=(const JobQueue&) = delete;

  // Throws AwsError ThrottlingException when the queue is full.
  template <typename Work, typename T = std::invoke_result_t<Work>>
  void submit(Work work, Done<T> done) {
    push([this, work = std::move(work), done = std::move(done)]() mutable {
      auto outcome = run<T>(work);
      boost::asio::post(loop_, [done = std::move(done), outcome = std::move(outcome)]() mutable {
        done(std::move(outcome));
      });
    });
  }

 private:
  template <typename T, typename Work>
  static Outcome<T> run(Work& work) {
    try {
      return work();
    } catch (...) {
      return std::current_exception();
    }
  }
  void push(std::function<void()> job);
  void work_loop();

  boost::asio::io_context& loop_;
  std::size_t capacity_;
  std::mutex mutex_;
  std::condition_variable ready_;
  std::deque<std::function<void()>> jobs_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace enibox
