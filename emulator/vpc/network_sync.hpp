#pragma once
#include <set>
#include <string>

#include "emulator/ec2/group_rows.hpp"
#include "emulator/ec2/vpc_rows.hpp"
#include "emulator/vpc/network.hpp"

// Turns the rows of VPCs and security groups into what the network is told. The rows are the truth:
// each call reads them and puts what is there or removes what is not. Loop thread only.
namespace enibox::vpc {

class NetworkSync {
 public:
  NetworkSync(store::Database& db, Network& network, ec2::VpcRows& vpcs, ec2::SubnetRows& subnets,
              ec2::GroupRows& groups);

  // Call after the change, in its transaction: the network hears of it when it has committed, and
  // not when it rolled back. A refusal of the network is logged and tried again with the next call.
  void vpc_changed(const std::string& vpc_id);  // its blocks or subnets, or it is gone
  void group_changed(const std::string& group_id);

  // Everything, at start-up, before any interface is put.
  void sync_all();

 private:
  void push_vpc(const std::string& vpc_id);
  void push_group(const std::string& group_id);
  void push(std::set<std::string>& failed, const std::string& id,
            void (NetworkSync::*put)(const std::string&));
  void put_vpc(const std::string& vpc_id);
  void put_group(const std::string& group_id);
  Done<Nothing> note_failure(std::set<std::string>& failed, const std::string& id);

  store::Database& db_;
  Network& network_;
  ec2::VpcRows& vpcs_;
  ec2::SubnetRows& subnets_;
  ec2::GroupRows& groups_;
  std::set<std::string> failed_vpcs_, failed_groups_;
};

}  // namespace enibox::vpc
