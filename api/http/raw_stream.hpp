#pragma once
#include <chrono>
#include <memory>
#include <string>

#include "api/http/byte_stream.hpp"
#include "api/http/limits.hpp"
#include "api/http/pipe.hpp"
#include "api/http/registry.hpp"

namespace enibox::api::http {

// A hijacked connection: the bytes of the socket, nothing else.
class RawStream final : public ByteStream,
                        public Pipe::User,
                        public Tracked,
                        public std::enable_shared_from_this<RawStream> {
 public:
  // What HTTP had read already when it let the connection go.
  struct Leftover {
    std::string bytes;
    bool eof = false;
  };
  RawStream(std::shared_ptr<Pipe> pipe, std::shared_ptr<Registry> registry, std::uint64_t listener,
            const Limits& limits, Leftover leftover);

  void listen(Events events) override;
  void write(std::string bytes) override;
  std::size_t queued_bytes() const override { return pipe_ ? pipe_->queued() : 0; }
  void pause_reading() override;
  void resume_reading() override;
  void end() override;
  void abort() override { cut(); }
  bool is_open() const override { return !closed_; }

  void on_bytes(std::string_view bytes) override;
  void on_eof() override;
  void on_progress() override;
  void on_broken() override { cut(); }

  void on_deadline() override { cut(); }
  void drain() override { end(); }
  void cut() override;

 private:
  void deliver_leftover();

  std::shared_ptr<Pipe> pipe_;
  Limits limits_;
  Leftover leftover_;
  Events events_;
  bool listening_ = false, paused_ = false;
  bool ending_ = false, peer_ended_ = false;
  bool above_low_water_ = false, closed_ = false;
};

}  // namespace enibox::api::http
