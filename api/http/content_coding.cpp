#include "api/http/content_coding.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <boost/beast/core/string.hpp>
#include <memory>
#include <vector>

#include "api/error.hpp"
#include "api/http/aws_chunked.hpp"

namespace enibox::api::http {
namespace {

constexpr int kGzip = 16 + MAX_WBITS;  // zlib's way to ask for gzip's head and sum

struct InflateEnd {
  void operator()(z_stream* stream) const { inflateEnd(stream); }
};

std::string gunzip(std::string& body, std::size_t max_bytes) {
  z_stream state{};
  if (inflateInit2(&state, kGzip) != Z_OK) throw std::bad_alloc();
  const std::unique_ptr<z_stream, InflateEnd> owner(&state);
  state.next_in = reinterpret_cast<Bytef*>(body.data());
  state.avail_in = static_cast<uInt>(body.size());
  std::string out;
  std::array<char, 16 << 10> piece{};
  int result = Z_OK;
  while (result == Z_OK) {
    state.next_out = reinterpret_cast<Bytef*>(piece.data());
    state.avail_out = piece.size();
    result = inflate(&state, Z_NO_FLUSH);
    out.append(piece.data(), piece.size() - state.avail_out);
    if (out.size() > max_bytes) {
      throw AwsError("RequestEntityTooLarge", "The request body is too large.", 413);
    }
  }
  if (result != Z_STREAM_END || state.avail_in != 0) {
    throw AwsError("InvalidRequest",
                   "The request body is not what its Content-Encoding says: gzip.", 400);
  }
  return out;
}

// "gzip, aws-chunked" in the order they were applied.
std::vector<std::string> codings_of(const Request& request) {
  std::vector<std::string> out;
  std::string_view rest = request.header("Content-Encoding");
  while (!rest.empty()) {
    const auto comma = rest.find(',');
    auto name = rest.substr(0, comma);
    rest.remove_prefix(comma == rest.npos ? rest.size() : comma + 1);
    const auto first = name.find_first_not_of(" \t");
    if (first == name.npos) continue;
    out.emplace_back(name.substr(first, name.find_last_not_of(" \t") - first + 1));
  }
  // A client that streams may leave the coding unsaid.
  const bool streamed = request.header("X-Amz-Content-Sha256").starts_with("STREAMING-");
  const bool said = std::any_of(out.begin(), out.end(), [](const auto& name) {
    return boost::beast::iequals(name, "aws-chunked");
  });
  if (streamed && !said) out.emplace_back("aws-chunked");
  return out;
}

}  // namespace

void decode_content(Request& request, std::size_t max_bytes) {
  const auto codings = codings_of(request);
  if (codings.empty()) return;
  for (auto coding = codings.rbegin(); coding != codings.rend(); ++coding) {
    if (boost::beast::iequals(*coding, "gzip")) {
      request.body = gunzip(request.body, max_bytes);
    } else if (boost::beast::iequals(*coding, "aws-chunked")) {
      request.body = decode_aws_chunked(request.body);
    } else if (!boost::beast::iequals(*coding, "identity")) {
      throw AwsError("UnsupportedMediaType",
                     "The Content-Encoding '" + *coding + "' is not supported.", 415);
    }
  }
  request.headers.erase("Content-Encoding");
}

}  // namespace enibox::api::http
