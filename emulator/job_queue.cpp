#include "emulator/job_queue.hpp"

#include "api/error.hpp"

namespace enibox {

JobQueue::JobQueue(boost::asio::io_context& loop, int threads, std::size_t capacity)
    : loop_(loop), capacity_(capacity) {
  for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { work_loop(); });
}

JobQueue::~JobQueue() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
    jobs_.clear();
  }
  ready_.notify_all();
  for (auto& thread : threads_) thread.join();
}

void JobQueue::push(std::function<void()> job) {
  {
    std::lock_guard lock(mutex_);
    if (jobs_.size() >= capacity_) throw AwsError("ThrottlingException", "Rate exceeded", 400);
    jobs_.push_back(std::move(job));
  }
  ready_.notify_one();
}

void JobQueue::work_loop() {
  for (;;) {
    std::function<void()> job;
    {
      std::unique_lock lock(mutex_);
      ready_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
      if (stopping_) return;
      job = std::move(jobs_.front());
      jobs_.pop_front();
    }
    job();
  }
}

}  // namespace enibox
