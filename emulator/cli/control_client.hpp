#pragma once
#include <string>

#include "netns/handle.hpp"

// One request to a daemon's /_enibox/ paths, from commands that wait for its answer. Blocking, with
// deadlines; for single-threaded processes. Errors: std::runtime_error with a text for the user.
namespace enibox::cli {

struct ControlAnswer {
  int status = 0;
  std::string body;  // of 101: nothing, the connection goes on as a stream
};

class ControlClient {
 public:
  // "127.0.0.1:4566", "[::1]:4566"
  explicit ControlClient(const std::string& address);

  ControlAnswer ask(const std::string& method, const std::string& path, const std::string& body);

  // The stream after a 101. A line without its end; empty: the other side ended.
  std::string read_line();
  // Says that nothing more comes and waits until the other side has ended, too.
  void finish();
  // Readable when the other side ends.
  int fd() const { return socket_.get(); }

 private:
  // False: the other side ended.
  bool read_more();
  std::string take(std::size_t size);

  std::string address_;
  netns::UniqueFd socket_;
  std::string buffer_;
};

}  // namespace enibox::cli
