#include "tests/net/api_world.hpp"

#include "tests/net/sandbox.hpp"
#include "tests/unit/call_by_model.hpp"

namespace enibox::test {
namespace {

store::Database& migrated(store::Database& db) {
  db.migrate();
  return db;
}

}  // namespace

ApiWorld::ApiWorld()
    : network_(loop_, {.netns_directory = router_directory()}),
      ec2_(migrated(db_), clock_, network_, "111122223333"),
      devices_(ec2_, network_) {
  ec2_.listen({.instance_changed = {},
               .instance_rebooted = {},
               .eni_changed = [this](const std::string& id) { devices_.refresh(id); },
               .instance_profile = {}});
  service_ = ec2_.operations();
  ec2_.sync_network();
  network_.open_internet([this](auto sockets) { internet_ = std::move(sockets.get()); });
  settle();
}

Json ApiWorld::call(const std::string& operation, const Json& in) {
  const api::RequestContext request{.region = "us-east-1",
                                    .account_id = "111122223333",
                                    .access_key_id = "test",
                                    .request_id = "req",
                                    .host = "127.0.0.1:4566",
                                    .service = service_.name,
                                    .operation = operation};
  auto answer = api::call_by_model(service_, request, in);
  settle();
  return std::move(answer.output);
}

void ApiWorld::settle() {
  bool passed = false;
  network_.when_passed(network_.generation(), [&] { passed = true; });
  while (!passed) loop_.run_one();
}

ApiWorld::Eni ApiWorld::make_eni(const std::string& subnet_id,
                                 const std::vector<std::string>& group_ids) {
  const auto made = ec2_.create_network_interface({.region = "us-east-1",
                                                   .subnet_id = subnet_id,
                                                   .address = std::nullopt,
                                                   .group_ids = group_ids,
                                                   .description = "",
                                                   .requester_id = "",
                                                   .in_service = true});
  const auto netns = make_namespace(made.eni_id);
  std::string failure;
  devices_.put(made.eni_id, {.netns_path = netns}, [&](auto outcome) {
    if (!outcome.ok()) failure = outcome.error();
  });
  settle();
  if (!failure.empty()) throw std::runtime_error(made.eni_id + ": " + failure);
  return {made.eni_id, made.address, netns};
}

}  // namespace enibox::test
