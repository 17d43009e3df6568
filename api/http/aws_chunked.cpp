#include "api/http/aws_chunked.hpp"

#include <openssl/evp.h>

#include <boost/crc.hpp>
#include <charconv>
#include <optional>

#include "api/error.hpp"
#include "api/wire/base64.hpp"

namespace enibox::api::http {
namespace {

constexpr std::string_view kLineEnd = "\r\n";

[[noreturn]] void refuse(const char* why) {
  throw AwsError("IncompleteBody", std::string("The aws-chunked body is broken: ") + why, 400);
}

std::string_view take_line(std::string_view& rest) {
  const auto end = rest.find(kLineEnd);
  if (end == std::string_view::npos) refuse("a line does not end");
  const auto line = rest.substr(0, end);
  rest.remove_prefix(end + kLineEnd.size());
  return line;
}

std::size_t chunk_size(std::string_view text) {
  std::size_t size = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), size, 16);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) {
    refuse("a chunk's size is no number");
  }
  return size;
}

std::string digest(const EVP_MD* algorithm, std::string_view data) {
  unsigned char out[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  EVP_Digest(data.data(), data.size(), out, &size, algorithm, nullptr);
  return std::string(reinterpret_cast<char*>(out), size);
}

template <typename Crc>
std::string crc(std::string_view data) {
  Crc sum;
  sum.process_bytes(data.data(), data.size());
  std::string out;
  constexpr int kBits = Crc::bit_count;
  for (int shift = kBits - 8; shift >= 0; shift -= 8) {
    out += static_cast<char>(sum.checksum() >> shift & 0xFF);
  }
  return out;
}

using Crc32c = boost::crc_optimal<32, 0x1EDC6F41, 0xFFFFFFFF, 0xFFFFFFFF, true, true>;
using Crc64Nvme =
    boost::crc_optimal<64, 0xAD93D23594C93659, 0xFFFFFFFFFFFFFFFF, 0xFFFFFFFFFFFFFFFF, true, true>;

// nullopt for a trailer that is no checksum we know.
std::optional<std::string> checksum(std::string_view trailer, std::string_view data) {
  if (trailer == "x-amz-checksum-crc32") return crc<boost::crc_32_type>(data);
  if (trailer == "x-amz-checksum-crc32c") return crc<Crc32c>(data);
  if (trailer == "x-amz-checksum-crc64nvme") return crc<Crc64Nvme>(data);
  if (trailer == "x-amz-checksum-sha1") return digest(EVP_sha1(), data);
  if (trailer == "x-amz-checksum-sha256") return digest(EVP_sha256(), data);
  return std::nullopt;
}

}  // namespace

AwsChunkedBody parse_aws_chunked(std::string_view body) {
  constexpr std::string_view kSignature = "chunk-signature=";
  AwsChunkedBody out;
  std::string_view rest = body;
  while (out.chunks.empty() || !out.chunks.back().data.empty()) {
    const auto line = take_line(rest);
    const auto semicolon = line.find(';');
    const auto size = chunk_size(line.substr(0, semicolon));
    AwsChunkedBody::Chunk chunk;
    if (semicolon != std::string_view::npos) {
      const auto extension = line.substr(semicolon + 1);
      if (!extension.starts_with(kSignature)) refuse("an unknown extension of a chunk");
      chunk.signature = extension.substr(kSignature.size());
    }
    if (size > rest.size()) refuse("a chunk ends too early");
    chunk.data = rest.substr(0, size);
    rest.remove_prefix(size);
    // Behind the last chunk come the trailers, without a line end of its own.
    if (size > 0 && !take_line(rest).empty()) refuse("a chunk is longer than it says");
    out.chunks.push_back(std::move(chunk));
  }
  while (!rest.empty()) {
    const auto line = take_line(rest);
    if (line.empty()) continue;
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) refuse("a trailer without a value");
    std::string name(line.substr(0, colon)), value(line.substr(colon + 1));
    if (name == "x-amz-trailer-signature") {
      out.trailer_signature = std::move(value);
    } else {
      out.trailers.emplace_back(std::move(name), std::move(value));
    }
  }
  return out;
}

std::string decode_aws_chunked(std::string_view body) {
  const auto parsed = parse_aws_chunked(body);
  std::string data;
  for (const auto& chunk : parsed.chunks) data += chunk.data;
  for (const auto& [name, value] : parsed.trailers) {
    const auto expected = checksum(name, data);
    if (expected && base64_encode(*expected) != value) {
      throw AwsError("BadDigest", "The " + name + " you specified did not match the data.", 400);
    }
  }
  return data;
}

}  // namespace enibox::api::http
