#include "emulator/dns/message.hpp"

// Before ldns, which makes macros of bool and false where it has not been.
#include <stdbool.h>
// clang-format off
#include <ldns/ldns.h>
// clang-format on

#include <algorithm>
#include <cstdlib>
#include <stdexcept>

#include "netns/handle.hpp"

namespace enibox::dns {
namespace {

using Packet = netns::Handle<ldns_pkt, ldns_pkt_free>;
using WireRecord = netns::Handle<ldns_rr, ldns_rr_free>;
using Text = netns::Handle<char, std::free>;

constexpr std::size_t kPlainUdpBytes = 512;  // RFC 1035, 4.2.1
constexpr std::size_t kHeaderBytes = 12;
constexpr std::size_t kFlagsByte = 2;
constexpr std::uint8_t kResponseBit = 0x80, kAuthoritativeBit = 0x04, kTruncatedBit = 0x02;
constexpr std::size_t kMoreFlagsByte = 3;
constexpr std::uint8_t kRecursionAvailableBit = 0x80;
// Fits into one packet on every path (DNS flag day 2020).
constexpr std::size_t kQuestionUdpBytes = 1232;

ldns_rdf* dname(const std::string& name) {
  ldns_rdf* rdf = ldns_dname_new_frm_str(name.c_str());
  if (rdf == nullptr) throw std::logic_error("not a DNS name: " + name);
  return rdf;
}

WireRecord to_wire(const Record& record) {
  // Only the data goes through the parser of zone files, where names have more special characters.
  const std::string text =
      ". " + std::to_string(record.ttl_s) + " IN " + record.type + " " + record.data;
  ldns_rr* rr = nullptr;
  if (ldns_rr_new_frm_str(&rr, text.c_str(), 0, nullptr, nullptr) != LDNS_STATUS_OK)
    throw std::logic_error("not a DNS record: " + text);
  WireRecord result(rr);
  ldns_rdf_deep_free(ldns_rr_owner(rr));
  ldns_rr_set_owner(rr, dname(record.name));
  return result;
}

WireRecord question_of(const Query& query) {
  WireRecord question(ldns_rr_new());
  if (!question) throw std::bad_alloc();
  ldns_rr_set_owner(question.get(), dname(query.name));
  ldns_rr_set_type(question.get(), ldns_get_rr_type_by_name(query.type.c_str()));
  ldns_rr_set_class(question.get(), static_cast<ldns_rr_class>(query.question_class));
  ldns_rr_set_question(question.get(), true);
  return question;
}

void push(ldns_pkt* packet, ldns_pkt_section section, WireRecord record) {
  if (!ldns_pkt_push_rr(packet, section, record.get())) throw std::bad_alloc();
  (void)record.release();  // the packet's now
}

Bytes bytes_of(const ldns_pkt* packet) {
  std::uint8_t* wire = nullptr;
  std::size_t size = 0;
  if (const auto status = ldns_pkt2wire(&wire, packet, &size); status != LDNS_STATUS_OK)
    throw std::logic_error(std::string("encode DNS answer: ") + ldns_get_errorstr_by_id(status));
  const netns::Handle<std::uint8_t, std::free> owner(wire);
  return {wire, wire + size};
}

std::optional<std::string> name_of(const ldns_rr* question) {
  const Text name(ldns_rdf2str(ldns_rr_owner(question)));
  if (!name) return {};
  return std::string(name.get());
}

Packet packet_of(const Query& query, Rcode rcode) {
  Packet packet(ldns_pkt_new());
  if (!packet) throw std::bad_alloc();
  ldns_pkt_set_id(packet.get(), query.id);
  ldns_pkt_set_qr(packet.get(), true);
  ldns_pkt_set_opcode(packet.get(), static_cast<ldns_pkt_opcode>(query.opcode));
  ldns_pkt_set_rd(packet.get(), query.recursion_desired);
  ldns_pkt_set_ra(packet.get(), true);
  ldns_pkt_set_cd(packet.get(), query.checking_disabled);
  ldns_pkt_set_rcode(packet.get(), static_cast<std::uint8_t>(rcode) & 0xf);
  if (query.edns) {
    ldns_pkt_set_edns_udp_size(packet.get(), kUdpBytes);
    ldns_pkt_set_edns_extended_rcode(packet.get(), static_cast<std::uint8_t>(rcode) >> 4);
  }
  if (query.questions > 0) push(packet.get(), LDNS_SECTION_QUESTION, question_of(query));
  return packet;
}

}  // namespace

std::optional<Query> parse_query(std::span<const std::uint8_t> message) {
  if (message.size() < kHeaderBytes || (message[kFlagsByte] & kResponseBit) != 0) return {};
  ldns_pkt* raw = nullptr;
  const auto status = ldns_wire2pkt(&raw, message.data(), message.size());
  const Packet packet(raw);
  if (status != LDNS_STATUS_OK || !packet) return {};
  Query query{.id = ldns_pkt_id(raw),
              .opcode = ldns_pkt_get_opcode(raw),
              .recursion_desired = ldns_pkt_rd(raw),
              .checking_disabled = ldns_pkt_cd(raw),
              .questions = ldns_pkt_qdcount(raw),
              .name = ".",
              .type = "A",
              .edns = ldns_pkt_edns(raw),
              .edns_version = ldns_pkt_edns_version(raw),
              .edns_udp_bytes = ldns_pkt_edns_udp_size(raw),
              .dnssec_ok = ldns_pkt_edns_do(raw)};
  if (query.questions == 0) return query;
  const ldns_rr* question = ldns_rr_list_rr(ldns_pkt_question(raw), 0);
  const auto name = name_of(question);
  const Text type(ldns_rr_type2str(ldns_rr_get_type(question)));
  if (!name || !type) return {};
  query.name = *name;
  query.type = type.get();
  query.question_class = ldns_rr_get_class(question);
  return query;
}

std::size_t udp_limit(const Query& query) {
  return query.edns ? std::clamp(query.edns_udp_bytes, kPlainUdpBytes, kUdpBytes) : kPlainUdpBytes;
}

Bytes encode_reply(const Query& query, const Reply& reply, std::size_t limit) {
  const Packet packet = packet_of(query, reply.rcode);
  for (const auto& record : reply.answers) push(packet.get(), LDNS_SECTION_ANSWER, to_wire(record));
  for (const auto& record : reply.authority)
    push(packet.get(), LDNS_SECTION_AUTHORITY, to_wire(record));
  Bytes bytes = bytes_of(packet.get());
  return bytes.size() <= limit ? bytes : encode_truncated(query);
}

Bytes encode_truncated(const Query& query) {
  const Packet packet = packet_of(query, Rcode::kNoError);
  ldns_pkt_set_tc(packet.get(), true);
  return bytes_of(packet.get());
}

Bytes encode_question(const Query& query, std::uint16_t id) {
  const Packet packet(ldns_pkt_new());
  if (!packet) throw std::bad_alloc();
  ldns_pkt_set_id(packet.get(), id);
  ldns_pkt_set_rd(packet.get(), true);
  ldns_pkt_set_cd(packet.get(), query.checking_disabled);
  if (query.edns) {
    ldns_pkt_set_edns_udp_size(packet.get(), kQuestionUdpBytes);
    ldns_pkt_set_edns_do(packet.get(), query.dnssec_ok);
  }
  push(packet.get(), LDNS_SECTION_QUESTION, question_of(query));
  return bytes_of(packet.get());
}

std::optional<Answer> parse_answer(const Query& query, std::uint16_t id,
                                   std::span<const std::uint8_t> message) {
  if (message.size() < kHeaderBytes || (message[kFlagsByte] & kResponseBit) == 0) return {};
  if ((message[0] << 8 | message[1]) != id) return {};
  // Some are cut in the middle of a record.
  if ((message[kFlagsByte] & kTruncatedBit) != 0) return Answer{.truncated = true};
  ldns_pkt* raw = nullptr;
  const auto status = ldns_wire2pkt(&raw, message.data(), message.size());
  const Packet packet(raw);
  if (status != LDNS_STATUS_OK || !packet || ldns_pkt_qdcount(raw) != 1) return {};
  const ldns_rr* question = ldns_rr_list_rr(ldns_pkt_question(raw), 0);
  const auto name = name_of(question);
  if (!name || canonical_name(*name) != canonical_name(query.name)) return {};
  if (ldns_rr_get_type(question) != ldns_get_rr_type_by_name(query.type.c_str())) return {};
  if (ldns_rr_get_class(question) != static_cast<ldns_rr_class>(query.question_class)) return {};
  return Answer{.rcode = static_cast<Rcode>(ldns_pkt_get_rcode(raw))};
}

std::optional<Query> query_for(const std::string& name, const std::string& type) {
  ldns_rdf* rdf = nullptr;
  if (name.empty() || ldns_str2rdf_dname(&rdf, name.c_str()) != LDNS_STATUS_OK) return {};
  ldns_rdf_deep_free(rdf);
  return Query{.recursion_desired = true, .questions = 1, .name = name, .type = type};
}

std::vector<std::string> addresses_in(std::span<const std::uint8_t> answer) {
  ldns_pkt* raw = nullptr;
  const auto status = ldns_wire2pkt(&raw, answer.data(), answer.size());
  const Packet packet(raw);
  std::vector<std::string> addresses;
  if (status != LDNS_STATUS_OK || !packet) return addresses;
  const ldns_rr_list* records = ldns_pkt_answer(raw);
  for (std::size_t i = 0; i < ldns_rr_list_rr_count(records); ++i) {
    const ldns_rr* record = ldns_rr_list_rr(records, i);
    if (ldns_rr_get_type(record) != LDNS_RR_TYPE_A) continue;
    if (const Text text(ldns_rdf2str(ldns_rr_a_address(record))); text)
      addresses.emplace_back(text.get());
  }
  return addresses;
}

void readdress(Bytes& answer, const Query& query) {
  answer.at(0) = static_cast<std::uint8_t>(query.id >> 8);
  answer.at(1) = static_cast<std::uint8_t>(query.id & 0xff);
  answer.at(kFlagsByte) &= static_cast<std::uint8_t>(~kAuthoritativeBit);
  answer.at(kMoreFlagsByte) |= kRecursionAvailableBit;
}

std::string canonical_name(std::string_view name) {
  if (name.ends_with('.') && !name.ends_with("\\.")) name.remove_suffix(1);
  std::string lower(name);
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return lower;
}

bool is_within(std::string_view name, std::string_view apex) {
  if (!name.ends_with(apex)) return false;
  name.remove_suffix(apex.size());
  if (name.empty() || apex.empty()) return true;
  if (!name.ends_with('.')) return false;
  name.remove_suffix(1);
  const auto last = name.find_last_not_of('\\');  // "a\.b" is one label
  const auto escapes = name.size() - (last == std::string_view::npos ? 0 : last + 1);
  return escapes % 2 == 0;
}

}  // namespace enibox::dns
