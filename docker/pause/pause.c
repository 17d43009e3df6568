/* Process 1 of a task: it holds the task's namespaces until it is told to end, and reaps whatever
 * is left to it. Static and nothing else in its image. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static void end(int signal_number) {
  static const char interrupted[] = "Shutting down, got signal: Interrupt\n";
  static const char terminated[] = "Shutting down, got signal: Terminated\n";
  /* write(2) and _exit(2) only: anything else is unsafe in a handler. */
  ssize_t ignored = signal_number == SIGINT
                        ? write(STDERR_FILENO, interrupted, sizeof interrupted - 1)
                        : write(STDERR_FILENO, terminated, sizeof terminated - 1);
  (void)ignored;
  _exit(0);
}

static void reap(int signal_number) {
  (void)signal_number;
  while (waitpid(-1, NULL, WNOHANG) > 0) {
  }
}

int main(void) {
  struct sigaction on_end = {.sa_handler = end};
  struct sigaction on_child = {.sa_handler = reap, .sa_flags = SA_NOCLDSTOP};
  if (sigaction(SIGINT, &on_end, NULL) != 0 || sigaction(SIGTERM, &on_end, NULL) != 0 ||
      sigaction(SIGCHLD, &on_child, NULL) != 0) {
    perror("pause: sigaction");
    return 1;
  }
  for (;;) pause();
}
