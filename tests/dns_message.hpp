#pragma once
// Before ldns, which makes macros of bool and false where it has not been.
#include <stdbool.h>
// clang-format off
#include <ldns/ldns.h>
// clang-format on

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

// DNS messages as a client makes and reads them, for the tests.
namespace enibox::test {

struct DnsQuestion {
  std::string name;  // "a.b", plain labels
  std::uint16_t type = 1;
  std::uint16_t qclass = 1;
  std::uint16_t flags = 0x0100;  // RD
  int edns_bytes = -1;           // the UDP size of an OPT record; none
  std::uint8_t edns_version = 0;
  std::uint16_t id = 0x4242;
};

inline std::vector<std::uint8_t> dns_query(const DnsQuestion& question) {
  std::vector<std::uint8_t> bytes;
  const auto word = [&](int value) {
    bytes.push_back(static_cast<std::uint8_t>(value >> 8));
    bytes.push_back(static_cast<std::uint8_t>(value & 0xff));
  };
  word(question.id);
  word(question.flags);
  word(1);
  word(0);
  word(0);
  word(question.edns_bytes >= 0 ? 1 : 0);
  std::size_t begin = 0;
  while (begin < question.name.size()) {
    const auto end = std::min(question.name.find('.', begin), question.name.size());
    bytes.push_back(static_cast<std::uint8_t>(end - begin));
    bytes.insert(bytes.end(), question.name.begin() + static_cast<std::ptrdiff_t>(begin),
                 question.name.begin() + static_cast<std::ptrdiff_t>(end));
    begin = end + 1;
  }
  bytes.push_back(0);
  word(question.type);
  word(question.qclass);
  if (question.edns_bytes >= 0) {
    bytes.push_back(0);
    word(41);
    word(question.edns_bytes);
    bytes.push_back(0);
    bytes.push_back(question.edns_version);
    word(0);
    word(0);
  }
  return bytes;
}

struct DnsAnswer {
  int id = 0, rcode = -1;  // the extended one; -1: not to be read
  bool response = false, truncated = false, authoritative = false, recursion = false, edns = false;
  std::string question;              // as it came back, its case too
  std::vector<std::string> answers;  // "name. ttl IN TYPE data"
  std::vector<std::string> authority;
};

inline DnsAnswer dns_answer(const std::vector<std::uint8_t>& bytes) {
  DnsAnswer answer;
  ldns_pkt* packet = nullptr;
  if (ldns_wire2pkt(&packet, bytes.data(), bytes.size()) != LDNS_STATUS_OK) return answer;
  const std::unique_ptr<ldns_pkt, void (*)(ldns_pkt*)> owner(packet, ldns_pkt_free);
  answer.id = ldns_pkt_id(packet);
  answer.rcode = ldns_pkt_get_rcode(packet) | ldns_pkt_edns_extended_rcode(packet) << 4;
  answer.response = ldns_pkt_qr(packet);
  answer.truncated = ldns_pkt_tc(packet);
  answer.authoritative = ldns_pkt_aa(packet);
  answer.recursion = ldns_pkt_ra(packet);
  answer.edns = ldns_pkt_edns(packet);
  const auto texts = [](const ldns_rr_list* list) {
    std::vector<std::string> result;
    for (std::size_t i = 0; i < ldns_rr_list_rr_count(list); ++i) {
      const std::unique_ptr<char, void (*)(void*)> text(ldns_rr2str(ldns_rr_list_rr(list, i)),
                                                        std::free);
      std::string line = text.get();
      std::replace(line.begin(), line.end(), '\t', ' ');
      while (!line.empty() && (line.back() == '\n' || line.back() == ' ')) line.pop_back();
      result.push_back(line);
    }
    return result;
  };
  answer.answers = texts(ldns_pkt_answer(packet));
  answer.authority = texts(ldns_pkt_authority(packet));
  const auto questions = texts(ldns_pkt_question(packet));
  if (!questions.empty()) answer.question = questions.front();
  return answer;
}

}  // namespace enibox::test
