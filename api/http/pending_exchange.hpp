#pragma once
#include <memory>

#include "api/http/connection.hpp"
#include "api/http/exchange.hpp"

namespace enibox::api::http {

// The exchange of a connection's current request. Does not keep the connection alive.
class PendingExchange final : public Exchange {
 public:
  explicit PendingExchange(const std::shared_ptr<Connection>& connection)
      : connection_(connection) {}
  ~PendingExchange() override {
    reply({.status = 500, .content_type = "text/plain", .body = "no answer\n", .headers = {}});
  }

  void reply(Response response) override {
    if (const auto connection = take()) connection->reply(std::move(response));
  }
  std::shared_ptr<ByteStream> stream(Response head) override {
    const auto connection = take();
    return connection ? connection->stream(std::move(head)) : nullptr;
  }
  std::shared_ptr<ByteStream> hijack(std::string head) override {
    const auto connection = take();
    return connection ? connection->hijack(std::move(head)) : nullptr;
  }
  void accept_websocket(std::function<void(std::shared_ptr<WebSocket>)> opened) override {
    if (const auto connection = take()) connection->accept_websocket(std::move(opened));
  }
  void on_gone(std::function<void()> action) override {
    if (const auto connection = connection_.lock()) connection->on_gone(std::move(action));
  }

 private:
  std::shared_ptr<Connection> take() { return std::exchange(connection_, {}).lock(); }

  std::weak_ptr<Connection> connection_;
};

}  // namespace enibox::api::http
