#pragma once
#include <string_view>

// What becomes of a signal to the first process of a container, which is process 1 of its pid
// namespace: signals that it neither handles nor blocks are dropped by the kernel, whatever their
// default action is (pid_namespaces(7)). Pure.
namespace enibox::containers {

enum class SignalFate {
  kEndsTheStart,  // the process is still runc, which would end with it
  kDropped,
  kTaken  // handled, or blocked and waited for (as tini does), or ignored on purpose
};

// From the text of /proc/PID/status. SIGKILL and SIGSTOP are always taken, and so is everything
// when the text says nothing (the process has ended).
SignalFate fate_of_signal(std::string_view status, int signal);

}  // namespace enibox::containers
