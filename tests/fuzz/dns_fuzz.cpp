#include <cstdlib>
#include <iostream>

#include "emulator/dns/resolver.hpp"
#include "emulator/dns/vpc_zones.hpp"
#include "emulator/ec2/service.hpp"
#include "tests/dns_message.hpp"
#include "tests/unit/fake_clock.hpp"
#include "tests/unit/fake_network.hpp"

// Datagrams to a VPC's resolver: what can be read gets one answer that a client can read, not
// longer than it said it can take; what cannot gets none.
namespace {

using namespace enibox;

void require(bool holds, const char* what) {
  if (holds) return;
  std::cerr << "broken: " << what << "\n";
  std::abort();
}

class Target {
 public:
  Target() {
    db_.migrate();
    ec2_.emplace(db_, clock_, network_, "111122223333");
    auto service = ec2_->operations();
    const api::RequestContext request{.region = "us-east-1",
                                      .account_id = "111122223333",
                                      .access_key_id = "test",
                                      .request_id = "req",
                                      .host = "127.0.0.1:4566",
                                      .service = "ec2",
                                      .operation = "DescribeVpcs"};
    vpc_id_ = service.operations.at("DescribeVpcs")(request, Json::object())
                  .output.at("Vpcs")
                  .at(0)
                  .at("VpcId");
    private_.emplace(*ec2_);
    public_.emplace(*ec2_);
    reverse_.emplace(*ec2_);
    resolver_.emplace(*ec2_, std::vector<dns::Zone*>{&*private_, &*public_, &*reverse_, &local_});
  }

  void run(const dns::Bytes& message) {
    const auto query = dns::parse_query(message);
    for (const auto transport : {dns::Transport::kUdp, dns::Transport::kTcp}) {
      int answers = 0;
      const bool understood =
          resolver_->ask(vpc_id_, message, transport, [&](const dns::Bytes& bytes) {
            ++answers;
            const auto limit =
                transport == dns::Transport::kUdp ? dns::udp_limit(*query) : dns::kTcpBytes;
            const auto answer = test::dns_answer(bytes);
            require(bytes.size() <= limit, "the limit");
            require(answer.rcode >= 0 && answer.response, "a readable answer");
            require(answer.id == query->id, "the id");
          });
      require(understood == query.has_value(), "who is answered");
      require(answers == (understood ? 1 : 0), "one answer a question");
    }
  }

 private:
  store::Database db_;
  FakeClock clock_;
  vpc::FakeNetwork network_;
  std::optional<ec2::Ec2Service> ec2_;
  std::string vpc_id_;
  std::optional<dns::PrivateNames> private_;
  std::optional<dns::PublicNames> public_;
  std::optional<dns::ReverseNames> reverse_;
  dns::LocalNames local_;
  std::optional<dns::Resolver> resolver_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Target target;
  target.run(dns::Bytes(data, data + size));
  return 0;
}
