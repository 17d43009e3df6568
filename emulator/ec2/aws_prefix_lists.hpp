#pragma once
#include <optional>
#include <string>
#include <vector>

// The prefix lists that AWS owns in every region. Their blocks are samples of what AWS publishes:
// none of these services is behind them here.
namespace enibox::ec2 {

struct AwsPrefixList {
  std::string prefix_list_id, name;
  std::vector<std::string> cidrs;
  int weight = 1;  // how many rules of a security group it counts for
};

std::vector<AwsPrefixList> aws_prefix_lists(const std::string& region);
std::optional<AwsPrefixList> find_aws_prefix_list(const std::string& region,
                                                  const std::string& prefix_list_id);

}  // namespace enibox::ec2
