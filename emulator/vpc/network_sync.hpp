#pragma once
#include <functional>
#include <set>
#include <string>

#include "emulator/ec2/group_rows.hpp"
#include "emulator/ec2/network_acl_rows.hpp"
#include "emulator/ec2/prefix_list_rows.hpp"
#include "emulator/ec2/vpc_rows.hpp"
#include "emulator/vpc/network.hpp"

// Turns the rows of VPCs, security groups, network ACLs and prefix lists into what the network is
// told. The rows are the truth: each call reads them and puts what is there or removes what is not.
// Loop thread only.
namespace enibox::vpc {

class NetworkSync {
 public:
  NetworkSync(store::Database& db, Network& network, ec2::VpcRows& vpcs, ec2::SubnetRows& subnets,
              ec2::GroupRows& groups, ec2::AclRows& acls, ec2::PrefixListRows& prefix_lists);

  // Call after the change, in its transaction: the network hears of it when it has committed, and
  // not when it rolled back. A refusal of the network is logged and tried again with the next call.
  // Its blocks, attributes, subnets and which ACL guards each of them; or it is gone.
  void vpc_changed(const std::string& vpc_id);
  void group_changed(const std::string& group_id);
  void acl_changed(const std::string& acl_id);  // its entries, or it is gone
  void prefix_list_changed(const std::string& prefix_list_id);

  // Called when the network has been told of a VPC, or that it is gone: for what lives in its
  // router.
  std::function<void(const std::string& vpc_id)> vpc_told;

  // Everything, at start-up, before any interface is put.
  void sync_all();

 private:
  void push_vpc(const std::string& vpc_id);
  void push_group(const std::string& group_id);
  void push_acl(const std::string& acl_id);
  void push_list(const std::string& prefix_list_id);
  void push(std::set<std::string>& failed, const std::string& id,
            void (NetworkSync::*put)(const std::string&));
  void put_vpc(const std::string& vpc_id);
  void put_group(const std::string& group_id);
  void put_acl(const std::string& acl_id);
  void put_list(const std::string& prefix_list_id);
  Done<Nothing> note_failure(std::set<std::string>& failed, const std::string& id);

  store::Database& db_;
  Network& network_;
  ec2::VpcRows& vpcs_;
  ec2::SubnetRows& subnets_;
  ec2::GroupRows& groups_;
  ec2::AclRows& acls_;
  ec2::PrefixListRows& prefix_lists_;
  std::set<std::string> failed_vpcs_, failed_groups_, failed_acls_, failed_lists_;
};

}  // namespace enibox::vpc
