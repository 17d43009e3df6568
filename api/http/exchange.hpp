#pragma once
#include <functional>
#include <memory>
#include <string>

#include "api/http/byte_stream.hpp"
#include "api/http/message.hpp"
#include "api/http/websocket.hpp"

namespace enibox::api::http {

// One request that waits for its answer. Exactly one of reply, stream, hijack and accept_websocket
// is called, at once or later; an exchange that dies without any answers 500. Loop thread only.
class Exchange {
 public:
  virtual ~Exchange() = default;

  virtual void reply(Response response) = 0;

  // Sends the head now and the body as it comes: chunked to an HTTP/1.1 client, until the end of
  // the connection to an HTTP/1.0 one. Null when whoever asked is gone already.
  virtual std::shared_ptr<ByteStream> stream(Response head) = 0;

  // Sends `head` ("HTTP/1.1 101 UPGRADED\r\n...\r\n\r\n") and leaves HTTP for good. Null when
  // whoever asked is gone already.
  virtual std::shared_ptr<ByteStream> hijack(std::string head) = 0;

  // Completes the handshake; `opened` gets the socket and calls listen() on it. A request that is
  // no WebSocket upgrade is answered 400 and `opened` never called.
  virtual void accept_websocket(std::function<void(std::shared_ptr<WebSocket>)> opened) = 0;

  // Whoever asked is gone: nobody will read the answer. Once at most, and only before an answer.
  virtual void on_gone(std::function<void()> action) = 0;
};

// Called on the loop thread for each request, in order on one connection. What it throws becomes
// 500.
using RequestHandler = std::function<void(Request&&, std::shared_ptr<Exchange>)>;

}  // namespace enibox::api::http
