#pragma once
#include <algorithm>
#include <cctype>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// What the wire needs of HTTP, and all it knows of it. The server fills a request, the dispatcher
// fills an answer; neither sees the other's library.
namespace enibox::api {

namespace http {
class ByteStream;
}

// Header fields in the order they came. Names compare without case; a few fields a request, so a
// list beats a map.
class HttpHeaders {
 public:
  using Field = std::pair<std::string, std::string>;

  HttpHeaders() = default;
  HttpHeaders(std::initializer_list<Field> fields) : fields_(fields) {}

  void add(std::string name, std::string value) {
    fields_.emplace_back(std::move(name), std::move(value));
  }
  // The first field of that name; empty when there is none.
  std::string_view get(std::string_view name) const {
    for (const auto& [field, value] : fields_) {
      if (same(field, name)) return value;
    }
    return {};
  }
  auto begin() const { return fields_.begin(); }
  auto end() const { return fields_.end(); }

 private:
  static bool same(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](unsigned char x, unsigned char y) {
      return std::tolower(x) == std::tolower(y);
    });
  }
  std::vector<Field> fields_;
};

// A whole request: the body has been read to its end and every transfer or content coding (chunked,
// aws-chunked, gzip) is undone.
struct HttpRequest {
  std::string method;  // "POST"
  std::string target;  // "/", "/?Action=DescribeVpcs&Version=2016-11-15"
  HttpHeaders headers;
  std::string body;
};

// A whole answer. The server adds Content-Length, Date, Connection and Server itself; Content-Type
// and the request id are in `headers`.
struct HttpReply {
  int status = 200;
  HttpHeaders headers;
  std::string body;
  // Set: the body is written bit by bit by whoever gets the stream.
  std::function<void(std::shared_ptr<http::ByteStream>)> stream{};
};

// Called exactly once, on the loop thread; perhaps before the call that was given it has returned.
using Reply = std::function<void(HttpReply)>;

}  // namespace enibox::api
