#include "emulator/dns/forwarder.hpp"

#include <spdlog/spdlog.h>
#include <sys/random.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <boost/asio/generic/datagram_protocol.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <optional>
#include <tuple>

namespace enibox::dns {
namespace {

using boost::asio::buffer;
using boost::asio::generic::datagram_protocol;
using boost::asio::generic::stream_protocol;
using boost::system::error_code;

// Datagrams that are no answer; whoever sends more is guessing ids.
constexpr int kMostStrangers = 64;

std::uint16_t random_id() {
  std::uint16_t id = 0;
  if (::getrandom(&id, sizeof id, 0) != sizeof id) netns::throw_errno("getrandom");
  return id;
}

int family_of(int socket) {
  int family = AF_INET;
  socklen_t size = sizeof family;
  ::getsockopt(socket, SOL_SOCKET, SO_DOMAIN, &family, &size);
  return family;
}

// Another resolver may know what this one does not.
bool is_worth_another(Rcode rcode) {
  return rcode == Rcode::kServFail || rcode == Rcode::kNotImp || rcode == Rcode::kRefused;
}

}  // namespace

// One question on its way. A try that was given up has another number than the one that runs, so
// what still comes of it is passed over.
class Forwarder::Exchange : public std::enable_shared_from_this<Exchange> {
 public:
  Exchange(Forwarder& owner, const Query& query)
      : owner_(&owner),
        query_(query),
        question_(encode_question(query, 0)),
        timer_(owner.loop_),
        datagrams_(owner.loop_),
        stream_(owner.loop_) {}

  bool asks(const Query& query) const {
    const auto what = [](const Query& q) {
      return std::tie(q.name, q.type, q.question_class, q.checking_disabled, q.edns, q.dnssec_ok);
    };
    return what(query) == what(query_);
  }

  std::size_t waiting() const { return waiting_.size(); }
  void add(Answered answered) { waiting_.push_back(std::move(answered)); }

  void try_next() {
    hang_up();
    if (tries_ == owner_->limits_.tries || (failure_ && tries_ >= servers_)) {
      return finish(std::move(failure_));
    }
    ++tries_;
    id_ = random_id();
    question_[0] = static_cast<std::uint8_t>(id_ >> 8);
    question_[1] = static_cast<std::uint8_t>(id_ & 0xff);
    strangers_ = 0;
    wait(owner_->limits_.udp_patience);
    owner_->open_(Transport::kUdp, tries_ - 1, when_open(&Exchange::ask_by_datagram));
  }

  // No answer is wanted any more.
  void abandon() {
    owner_ = nullptr;
    waiting_.clear();
    hang_up();
  }

 private:
  void hang_up() {
    ++turn_;
    timer_.cancel();
    error_code ignored;
    datagrams_.close(ignored);
    stream_.close(ignored);
  }

  void wait(std::chrono::milliseconds patience) {
    timer_.expires_after(patience);
    timer_.async_wait([self = shared_from_this(), turn = turn_](const error_code& error) {
      if (!error && turn == self->turn_) self->try_next();
    });
  }

  // Calls `next` with the socket while this try is the one that runs.
  Done<ResolverSocket> when_open(void (Exchange::*next)(int)) {
    return [self = shared_from_this(), turn = turn_, next](Outcome<ResolverSocket> outcome) {
      if (turn != self->turn_) return;
      if (!outcome.ok() || !outcome.get().socket) {  // without descriptors left it is lost
        spdlog::warn("no way to the resolver: {}", outcome.ok() ? "no socket" : outcome.error());
        return self->finish({});
      }
      self->servers_ = outcome.get().servers;
      (self.get()->*next)(outcome.get().socket.release());
    };
  }

  // A callback that goes on while this try is the one that runs, and ends it on an error.
  std::function<void(const error_code&, std::size_t)> then(std::function<void(std::size_t)> next) {
    return [self = shared_from_this(), turn = turn_, next = std::move(next)](
               const error_code& error, std::size_t size) {
      if (turn != self->turn_) return;
      if (error) return self->try_next();
      next(size);
    };
  }

  void ask_by_datagram(int socket) {
    datagrams_.assign(datagram_protocol(family_of(socket), 0), socket);
    error_code error;
    datagrams_.send(buffer(question_), 0, error);
    if (error) return try_next();
    await_datagram();
  }

  void await_datagram() {
    answer_.resize(kUdpBytes);
    datagrams_.async_receive(buffer(answer_), then([this](std::size_t size) {
                               answer_.resize(size);
                               hear_datagram();
                             }));
  }

  void hear_datagram() {
    const auto answer = parse_answer(query_, id_, answer_);
    if (!answer) return ++strangers_ < kMostStrangers ? await_datagram() : try_next();
    if (!answer->truncated) return take(*answer);
    hang_up();
    wait(owner_->limits_.tcp_patience);
    owner_->open_(Transport::kTcp, tries_ - 1, when_open(&Exchange::ask_by_stream));
  }

  void ask_by_stream(int socket) {
    stream_.assign(stream_protocol(family_of(socket), 0), socket);
    sent_ = {static_cast<std::uint8_t>(question_.size() >> 8),
             static_cast<std::uint8_t>(question_.size() & 0xff)};
    sent_.insert(sent_.end(), question_.begin(), question_.end());
    boost::asio::async_write(stream_, buffer(sent_), then([this](std::size_t) { read_size(); }));
  }

  void read_size() {
    boost::asio::async_read(stream_, buffer(size_), then([this](std::size_t) {
                              answer_.resize(static_cast<std::size_t>(size_[0] << 8 | size_[1]));
                              read_answer();
                            }));
  }

  void read_answer() {
    boost::asio::async_read(stream_, buffer(answer_), then([this](std::size_t) {
                              const auto answer = parse_answer(query_, id_, answer_);
                              if (!answer || answer->truncated) return try_next();
                              take(*answer);
                            }));
  }

  void take(const Answer& answer) {
    if (!is_worth_another(answer.rcode)) return finish(std::move(answer_));
    failure_ = std::move(answer_);
    try_next();
  }

  void finish(std::optional<Bytes> answer) {
    const auto self = shared_from_this();  // the owner forgets it
    hang_up();
    const auto waiting = std::exchange(waiting_, {});
    std::exchange(owner_, nullptr)->ended(this);
    for (const auto& answered : waiting) answered(answer);
  }

  Forwarder* owner_;
  Query query_;
  Bytes question_;
  std::vector<Answered> waiting_;
  boost::asio::steady_timer timer_;
  datagram_protocol::socket datagrams_;
  stream_protocol::socket stream_;
  int turn_ = 0;
  int tries_ = 0;
  int servers_ = 1;
  int strangers_ = 0;
  std::uint16_t id_ = 0;
  Bytes sent_, answer_;
  std::array<std::uint8_t, 2> size_{};
  std::optional<Bytes> failure_;  // what a resolver said that could not answer
};

Forwarder::Forwarder(boost::asio::io_context& loop, Open open, Limits limits)
    : loop_(loop), open_(std::move(open)), limits_(limits) {}

Forwarder::~Forwarder() {
  for (const auto& exchange : exchanges_) exchange->abandon();
}

void Forwarder::ask(const Query& query, Answered answered) {
  const auto same = std::find_if(exchanges_.begin(), exchanges_.end(),
                                 [&](const auto& exchange) { return exchange->asks(query); });
  if (same != exchanges_.end()) {
    return (*same)->waiting() < limits_.waiting ? (*same)->add(std::move(answered)) : answered({});
  }
  if (exchanges_.size() >= limits_.in_flight) return answered({});
  const auto exchange = std::make_shared<Exchange>(*this, query);
  exchange->add(std::move(answered));
  exchanges_.push_back(exchange);
  exchange->try_next();
}

void Forwarder::ended(const Exchange* exchange) {
  std::erase_if(exchanges_, [&](const auto& each) { return each.get() == exchange; });
}

}  // namespace enibox::dns
