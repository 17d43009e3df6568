#include "api/stream/delivery.hpp"

#include <algorithm>
#include <cmath>

namespace enibox::stream {
namespace {

constexpr double kMaxTimeoutMs = 1000, kClockGranularityMs = 10;
constexpr std::int64_t kMaxWaitMs = 5000;
// Late duplicates come hundreds of messages later; a client sends one message a millisecond.
constexpr std::size_t kRemembered = 16'384;
constexpr std::size_t kMaxWaiting = 10'000, kMaxWaitingBytes = 4 << 20;

}  // namespace

const std::string& Outbox::push(std::int64_t now_ms, PayloadType type, std::string_view payload) {
  Message message{.type = message_type_,
                  .created_ms = static_cast<std::uint64_t>(std::max<std::int64_t>(now_ms, 1)),
                  .sequence = next_,
                  .id = new_uuid(),
                  .payload_type = type,
                  .payload = std::string(payload)};
  // The agent marks its first message SYN, clients never do; nobody looks.
  if (message_type_ == kOutputStreamData && next_ == 0) message.flags = 1;
  Kept kept{message.id, serialize(message), now_ms, now_ms, 0};
  bytes_ += kept.frame.size();
  return kept_.emplace(next_++, std::move(kept)).first->second.frame;
}

bool Outbox::acknowledge(std::int64_t now_ms, const Acknowledgement& ack) {
  const auto found = kept_.find(ack.sequence);
  if (found == kept_.end()) return false;
  const auto& kept = found->second;
  if (const auto id = parse_uuid(ack.message_id)) {
    // A peer that does not swap the halves back says the same message.
    if (*id != kept.id && *id != swap_halves(kept.id)) return false;
  }
  // The acknowledgement of a message that was sent twice does not tell which copy it answers.
  if (kept.resends == 0) learn_round_trip(static_cast<double>(now_ms - kept.last_ms));
  bytes_ -= kept.frame.size();
  kept_.erase(found);
  return true;
}

void Outbox::learn_round_trip(double sample_ms) {
  variation_ms_ = 0.75 * variation_ms_ + 0.25 * std::abs(round_trip_ms_ - sample_ms);
  round_trip_ms_ = 0.875 * round_trip_ms_ + 0.125 * sample_ms;
  timeout_ms_ =
      std::min(kMaxTimeoutMs, round_trip_ms_ + std::max(kClockGranularityMs, 4 * variation_ms_));
}

// Doubled for each copy: a peer that stands still must not be buried in copies.
std::int64_t Outbox::wait_ms(const Kept& kept) const {
  const double wait = timeout_ms_ * std::pow(2, std::min(kept.resends, 8));
  return std::min(kMaxWaitMs, static_cast<std::int64_t>(std::ceil(wait)));
}

const std::string* Outbox::overdue(std::int64_t now_ms) {
  const auto due = due_ms();
  if (!due || now_ms < *due) return nullptr;
  auto& oldest = kept_.begin()->second;
  oldest.last_ms = now_ms;
  ++oldest.resends;
  return &oldest.frame;
}

std::optional<std::int64_t> Outbox::due_ms() const {
  if (kept_.empty()) return std::nullopt;
  const auto& oldest = kept_.begin()->second;
  return oldest.last_ms + wait_ms(oldest);
}

void Outbox::resend_all(std::int64_t now_ms, const std::function<void(const std::string&)>& send) {
  for (auto& [sequence, kept] : kept_) {
    kept.last_ms = now_ms;
    kept.resends = 1;
    send(kept.frame);
  }
}

std::vector<Message> Outbox::restart() {
  std::vector<Message> messages;
  for (const auto& [sequence, kept] : kept_) {
    if (auto message = parse(kept.frame, Digest::kIgnore)) messages.push_back(std::move(*message));
  }
  kept_.clear();
  bytes_ = 0;
  next_ = 0;
  return messages;
}

std::optional<std::int64_t> Outbox::oldest_since_ms() const {
  if (kept_.empty()) return std::nullopt;
  return kept_.begin()->second.first_ms;
}

// The stock plugin's keyboard and resize threads sometimes take the same number for two messages,
// and the next number is then never used. A message under a passed number with a new MessageId is
// therefore taken as the one expected now.
bool Inbox::accept(const Message& message, const Deliver& deliver) {
  if (message.sequence < 0) return false;
  if (message.sequence > expected_) return keep(message);
  if (seen(message)) return true;
  const bool too_old = message.sequence <
                       expected_ - static_cast<std::int64_t>(kRemembered);  // cannot tell any more
  if (too_old) return true;
  if (!take(message, deliver)) return false;
  drain(deliver);
  return true;
}

bool Inbox::take(const Message& message, const Deliver& deliver) {
  if (!deliver(message)) return false;
  ++expected_;
  seen_.insert(message.id);
  seen_order_.push_back(message.id);
  if (seen_order_.size() > kRemembered) {
    seen_.erase(seen_order_.front());
    seen_order_.pop_front();
  }
  return true;
}

bool Inbox::keep(const Message& message) {
  const auto [first, last] = waiting_.equal_range(message.sequence);
  const bool here = std::any_of(
      first, last, [&](const auto& waiting) { return waiting.second.id == message.id; });
  if (here) return true;
  const bool full =
      waiting_.size() >= kMaxWaiting || waiting_bytes_ + message.payload.size() > kMaxWaitingBytes;
  if (full) return false;  // not acknowledged: it comes again
  waiting_bytes_ += message.payload.size();
  waiting_.emplace(message.sequence, message);
  return true;
}

void Inbox::drain(const Deliver& deliver) {
  while (!waiting_.empty() && waiting_.begin()->first <= expected_) {
    const auto next = waiting_.begin();
    if (!seen(next->second) && !take(next->second, deliver)) return;
    waiting_bytes_ -= next->second.payload.size();
    waiting_.erase(next);
  }
}

void Inbox::restart() { *this = Inbox(); }

}  // namespace enibox::stream
