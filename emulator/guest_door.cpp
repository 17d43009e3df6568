#include "emulator/guest_door.hpp"

#include "api/error.hpp"
#include "api/http/aws_endpoint.hpp"

namespace enibox {
namespace {

using api::http::json_response;

Json guest_json(const reconcile::Guest& guest) {
  return {{"NetworkInterfaceId", guest.eni_id}, {"VpcId", guest.vpc_id},
          {"SubnetCidr", guest.subnet_cidr},    {"VpcCidrs", guest.vpc_cidrs},
          {"PrivateIpAddress", guest.address},  {"MacAddress", guest.mac},
          {"NetnsPath", guest.netns_path},      {"ResolvConf", guest.resolv_conf}};
}

// Runs what reads and obeys a request; what it throws becomes the refusal. False: refused.
bool obey(api::http::Exchange& exchange, const std::function<void()>& work) {
  try {
    work();
    return true;
  } catch (const AwsError& error) {
    exchange.reply(json_response({{"code", error.code()}, {"message", error.message()}}, 400));
  } catch (const Json::exception& error) {
    exchange.reply(json_response({{"code", "MalformedInput"}, {"message", error.what()}}, 400));
  }
  return false;
}

reconcile::GuestWanted wanted_by(const Json& body) {
  reconcile::GuestWanted wanted{
      .kind = reconcile::GuestKind::kCommand,
      .region = body.value("Region", ""),
      .subnet_id = body.value("SubnetId", ""),
      .group_ids = body.value("SecurityGroupIds", std::vector<std::string>{}),
      .description = "enibox in-vpc: " + body.value("Command", "")};
  if (wanted.subnet_id.empty()) throw AwsError("MissingParameter", "SubnetId is missing.");
  return wanted;
}

// One guest's connection, and what became of either first.
struct Visit : std::enable_shared_from_this<Visit> {
  explicit Visit(reconcile::Guests& g) : guests(g) {}

  reconcile::Guests& guests;
  std::string eni_id;
  std::shared_ptr<api::http::ByteStream> stream;
  bool leaving = false;

  void listen() {
    const auto self = shared_from_this();
    stream->listen({.on_data = {},
                    .on_eof = [self] { self->leave(); },
                    .on_drained = {},
                    .on_closed = [self] { self->leave(); }});
  }
  void leave() {
    if (std::exchange(leaving, true)) return;
    guests.leave(eni_id, [self = shared_from_this()] { self->stream->end(); });
  }
  void entered(Outcome<reconcile::Guest> outcome) {
    if (leaving) return;
    if (!outcome.ok()) {
      leaving = true;  // undone by itself
      stream->write(Json{{"message", outcome.error()}}.dump() + "\n");
      stream->end();
      return;
    }
    stream->write(guest_json(outcome.get()).dump() + "\n");
  }
};

}  // namespace

void GuestDoor::open(const api::http::Request& request,
                     std::shared_ptr<api::http::Exchange> exchange) {
  const auto visit = std::make_shared<Visit>(guests_);
  const bool obeyed = obey(*exchange, [&] {
    visit->eni_id = guests_.enter(wanted_by(Json::parse(request.body)), [visit](auto outcome) {
      if (visit->stream) visit->entered(std::move(outcome));
    });
  });
  if (!obeyed) return;
  visit->stream = exchange->hijack(
      "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: enibox-guest\r\n\r\n");
  if (!visit->stream) return guests_.leave(visit->eni_id, {});
  visit->listen();
}

void GuestDoor::attach(const api::http::Request& request,
                       std::shared_ptr<api::http::Exchange> exchange) {
  obey(*exchange, [&] {
    const auto body = Json::parse(request.body);
    if (const auto there = guests_.present(reconcile::GuestKind::kHost); !there.empty()) {
      throw AwsError("AlreadyAttached", "This machine is attached to " + there.front().vpc_id +
                                            " already; 'enibox detach' ends that.");
    }
    const auto subnet = ec2_.any_subnet(body.value("VpcId", ""));
    guests_.enter({.kind = reconcile::GuestKind::kHost,
                   .region = subnet.region,
                   .subnet_id = subnet.subnet_id,
                   .group_ids = body.value("SecurityGroupIds", std::vector<std::string>{}),
                   .description = "enibox attach"},
                  [exchange](Outcome<reconcile::Guest> outcome) {
                    if (outcome.ok())
                      return exchange->reply(json_response(guest_json(outcome.get())));
                    exchange->reply(json_response({{"message", outcome.error()}}, 500));
                  });
  });
}

void GuestDoor::detach(std::shared_ptr<api::http::Exchange> exchange) {
  const auto there = guests_.present(reconcile::GuestKind::kHost);
  if (there.empty()) return exchange->reply(json_response(Json::object()));
  guests_.leave(there.front().eni_id, [exchange, vpc_id = there.front().vpc_id] {
    exchange->reply(json_response({{"VpcId", vpc_id}}));
  });
}

}  // namespace enibox
