#pragma once
#include <boost/asio/post.hpp>
#include <exception>
#include <stdexcept>
#include <string>

#include "emulator/containers/conmon_runtime.hpp"

// Shared by the runtime's own files.
namespace enibox::containers {

// The code of a container whose shim was killed before it could write it.
inline constexpr int kLostExitCode = 128 + 9;

inline std::exception_ptr failure(const std::string& text) {
  return std::make_exception_ptr(std::runtime_error(text));
}

// The exception of a failed job, as it was thrown.
template <typename T>
std::exception_ptr error_of(Outcome<T>& outcome) {
  try {
    outcome.get();
  } catch (...) {
    return std::current_exception();
  }
  return nullptr;
}

template <typename T>
void ConmonRuntime::run_job(std::function<T()> work, std::function<void(Outcome<T>)> done) {
  auto guarded = [here = std::weak_ptr(here_), done](Outcome<T> outcome) {
    if (!here.expired()) done(std::move(outcome));
  };
  try {
    pool_.submit(work, Done<T>(guarded));
  } catch (...) {  // the queue is full
    boost::asio::post(loop_, [guarded, error = std::current_exception()] { guarded(error); });
  }
}

}  // namespace enibox::containers
