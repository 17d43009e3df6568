#pragma once
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "api/stream/message.hpp"

// Reliable delivery of the data channel, both directions alike: each stream message has a number,
// is kept until it is acknowledged and sent again when that takes too long. Plain state, no clock
// of its own: the caller passes Unix milliseconds in. One thread.
namespace enibox::stream {

// What was sent and not yet acknowledged.
class Outbox {
 public:
  // `message_type`: what each message of this direction is called.
  explicit Outbox(std::string_view message_type) : message_type_(message_type) {}

  // Numbers, frames and keeps a message; the frame is valid until it is acknowledged.
  const std::string& push(std::int64_t now_ms, PayloadType type, std::string_view payload);

  // False when it names nothing that is kept here. Official peers match by number alone; a
  // MessageId of another message is refused, because one client in the wild acknowledges messages
  // that are not stream messages under the number 0.
  bool acknowledge(std::int64_t now_ms, const Acknowledgement& ack);

  // The oldest frame, if its acknowledgement is overdue; counts as sent again now.
  const std::string* overdue(std::int64_t now_ms);
  std::optional<std::int64_t> due_ms() const;  // when overdue() will give something

  // After a new connection: everything again, in order.
  void resend_all(std::int64_t now_ms, const std::function<void(const std::string&)>& send);

  // Starts from number 0 again (another client took over); gives what was kept.
  std::vector<Message> restart();

  bool empty() const { return kept_.empty(); }
  std::size_t count() const { return kept_.size(); }
  std::size_t bytes() const { return bytes_; }  // of frames
  // Since when the oldest message has been waiting; empty when nothing is.
  std::optional<std::int64_t> oldest_since_ms() const;

 private:
  struct Kept {
    Uuid id;
    std::string frame;
    std::int64_t first_ms = 0, last_ms = 0;
    int resends = 0;
  };
  void learn_round_trip(double sample_ms);
  std::int64_t wait_ms(const Kept& kept) const;

  std::string message_type_;
  std::int64_t next_ = 0;
  std::map<std::int64_t, Kept> kept_;
  std::size_t bytes_ = 0;
  double round_trip_ms_ = 100, variation_ms_ = 0, timeout_ms_ = 200;
};

// Puts what arrives into order.
class Inbox {
 public:
  // Takes one message in its turn; false: not now, the peer shall send it again.
  using Deliver = std::function<bool(const Message&)>;

  // True when the message is to be acknowledged: it was delivered, or kept for its turn, or was
  // here before (its acknowledgement got lost, or came before the peer had written down that it
  // sent the message: that is common on a loopback).
  bool accept(const Message& message, const Deliver& deliver);

  // Delivers what waited, after `deliver` had said no.
  void drain(const Deliver& deliver);

  void restart();
  std::int64_t expected() const { return expected_; }

 private:
  bool take(const Message& message, const Deliver& deliver);
  bool keep(const Message& message);
  bool seen(const Message& message) const { return seen_.contains(message.id); }

  std::int64_t expected_ = 0;
  // The same number may stand for two messages, see accept().
  std::multimap<std::int64_t, Message> waiting_;
  std::size_t waiting_bytes_ = 0;
  std::set<Uuid> seen_;
  std::deque<Uuid> seen_order_;
};

}  // namespace enibox::stream
