#pragma once
#include <optional>
#include <string>

namespace enibox::flow_logs {

// Where a flow log of destination type S3 goes: files below a folder that stands for S3.
struct Bucket {
  std::string name, prefix;  // the prefix without slashes at its ends
  bool hive_compatible = false;
  bool per_hour = false;
};

// "arn:aws:s3:::bucket/prefix/"; nothing for what is none, or would lead out of the bucket.
std::optional<Bucket> parse_bucket(const std::string& arn);

}  // namespace enibox::flow_logs
