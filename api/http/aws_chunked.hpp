#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// Bodies in the coding aws-chunked: chunks with or without signatures, and trailers behind them.
// docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html
namespace enibox::api::http {

struct AwsChunkedBody {
  struct Chunk {
    std::string_view data;  // into the body
    std::string signature;  // empty: unsigned
  };
  std::vector<Chunk> chunks;  // the last one is empty
  std::vector<std::pair<std::string, std::string>> trailers;
  std::string trailer_signature;
};

// `body` must outlive the answer. Throws AwsError IncompleteBody.
AwsChunkedBody parse_aws_chunked(std::string_view body);

// The data alone. Throws AwsError IncompleteBody for a broken body, BadDigest where a trailer's
// checksum is not that of the data.
std::string decode_aws_chunked(std::string_view body);

}  // namespace enibox::api::http
