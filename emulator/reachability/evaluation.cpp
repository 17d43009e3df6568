#include "emulator/reachability/evaluation.hpp"

#include "emulator/ec2/errors.hpp"
#include "emulator/reachability/walk.hpp"

namespace enibox::reachability {

Answer evaluate(ec2::Ec2State& ec2, const Flow& flow) {
  Answer answer;
  answer.sent = {.source = flow.source.address,
                 .destination = flow.destination,
                 .protocol = flow.protocol,
                 .source_ports = flow.source_ports,
                 .destination_ports = flow.destination_ports};
  answer.arrived = answer.sent;
  answer.source_ports = flow.source_ports;
  std::optional<ec2::EniRow> source;
  if (flow.source.eni_id) {
    source = ec2.enis.find(*flow.source.eni_id);
    if (!source) throw ec2::eni_not_found(*flow.source.eni_id);
  }
  Translations translations;
  Walk forward(ec2, translations, Walk::Direction::kForward);
  const auto arrival =
      source ? forward.from_interface(*source, answer.sent) : forward.from_internet(answer.sent);
  answer.forward = forward.take();
  if (arrival) answer.arrived = arrival->packet;
  if (!arrival || !answer.forward.open() || arrival->place == Kind::kService) return answer;

  Walk back(ec2, translations, Walk::Direction::kBack);
  const auto returned = arrival->eni ? back.from_interface(*arrival->eni, answer.arrived.reply())
                                     : back.from_internet(answer.arrived.reply());
  answer.back = back.take();
  if (returned) answer.source_ports = returned->packet.destination_ports;
  return answer;
}

}  // namespace enibox::reachability
