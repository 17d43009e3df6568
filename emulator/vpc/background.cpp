#include "emulator/vpc/background.hpp"

#include <spdlog/spdlog.h>

#include <chrono>

namespace enibox::vpc {
namespace {

constexpr std::chrono::milliseconds kGrace{40};

}  // namespace

Background::Background() : thread_([this] { work_loop(); }) {}

Background::~Background() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void Background::submit(std::function<void()> job) {
  {
    std::lock_guard lock(mutex_);
    jobs_.push_back(std::move(job));
  }
  changed_.notify_all();
}

bool Background::idle() {
  std::lock_guard lock(mutex_);
  return jobs_.empty() && !running_;
}

void Background::wait_idle() {
  std::unique_lock lock(mutex_);
  ++hurrying_;
  changed_.notify_all();
  changed_.wait(lock, [this] { return jobs_.empty() && !running_; });
  --hurrying_;
}

void Background::work_loop() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
    if (jobs_.empty()) return;
    changed_.wait_for(lock, kGrace, [this] { return stopping_ || hurrying_ > 0; });
    auto job = std::move(jobs_.front());
    jobs_.pop_front();
    running_ = true;
    lock.unlock();
    try {
      job();
    } catch (const std::exception& error) {
      spdlog::debug("background network job: {}", error.what());
    }
    job = nullptr;  // what it holds (sockets) goes before anybody is told that it is done
    lock.lock();
    running_ = false;
    changed_.notify_all();
  }
}

}  // namespace enibox::vpc
