#include "netns/internal/channel.hpp"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <netlink/handlers.h>
#include <sys/socket.h>

#include <algorithm>

namespace enibox::netns {
namespace {

using Callbacks = Handle<nl_cb, nl_cb_put>;

struct Conversation {
  const NetlinkChannel::OnAnswer* on_answer = nullptr;
  std::exception_ptr error;  // of on_answer: may not fly through C frames
  std::string kernel_words;
  int result = 0;
  bool finished = false;
  bool interrupted = false;
};

int on_valid(nl_msg* message, void* argument) {
  auto& talk = *static_cast<Conversation*>(argument);
  nlmsghdr* header = nlmsg_hdr(message);
  if ((header->nlmsg_flags & NLM_F_DUMP_INTR) != 0) talk.interrupted = true;
  try {
    if (*talk.on_answer && !talk.error) (*talk.on_answer)(header);
  } catch (...) {
    talk.error = std::current_exception();
  }
  return NL_OK;
}

int on_end(nl_msg*, void* argument) {
  static_cast<Conversation*>(argument)->finished = true;
  return NL_STOP;
}

// The kernel's sentence about an error is in attributes after the error header.
std::string words_of(nlmsgerr* error) {
  auto* header = reinterpret_cast<nlmsghdr*>(reinterpret_cast<char*>(error) - NLMSG_HDRLEN);
  if ((header->nlmsg_flags & NLM_F_ACK_TLVS) == 0) return {};
  std::size_t size = sizeof *error;
  if ((header->nlmsg_flags & NLM_F_CAPPED) == 0) size += error->msg.nlmsg_len - NLMSG_HDRLEN;
  return Attributes(header, size).text(NLMSGERR_ATTR_MSG);
}

int on_error(sockaddr_nl*, nlmsgerr* error, void* argument) {
  auto& talk = *static_cast<Conversation*>(argument);
  talk.result = -error->error;
  talk.kernel_words = words_of(error);
  talk.finished = true;
  return NL_STOP;
}

}  // namespace

NetlinkChannel::NetlinkChannel(int protocol) : socket_(nl_socket_alloc()) {
  if (!socket_) throw std::bad_alloc();
  if (nl_connect(socket_.get(), protocol) < 0) throw_errno("open netlink socket");
  const int on = 1;
  const int fd = nl_socket_get_fd(socket_.get());
  ::setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof on);
  ::setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof on);
  ::setsockopt(fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &on, sizeof on);
}

int NetlinkChannel::talk(Message& message, const OnAnswer& on_answer) {
  const int sent = nl_send_auto(socket_.get(), message.raw());
  if (sent < 0) return errno != 0 ? errno : EIO;
  Callbacks callbacks(nl_cb_alloc(NL_CB_DEFAULT));
  if (!callbacks) throw std::bad_alloc();
  Conversation talk;
  talk.on_answer = &on_answer;
  nl_cb_set(callbacks.get(), NL_CB_VALID, NL_CB_CUSTOM, on_valid, &talk);
  nl_cb_set(callbacks.get(), NL_CB_FINISH, NL_CB_CUSTOM, on_end, &talk);
  nl_cb_set(callbacks.get(), NL_CB_ACK, NL_CB_CUSTOM, on_end, &talk);
  nl_cb_err(callbacks.get(), NL_CB_CUSTOM, on_error, &talk);
  while (!talk.finished) {
    errno = 0;
    const int received = nl_recvmsgs(socket_.get(), callbacks.get());
    // libnl reports an interrupted dump as an error of its own after the last answer.
    if (received == -NLE_DUMP_INTR) talk.interrupted = true;
    if (received < 0 && received != -NLE_DUMP_INTR && !talk.finished) return errno ? errno : EIO;
  }
  if (talk.error) std::rethrow_exception(talk.error);
  kernel_words_ = talk.kernel_words;
  interrupted_ = talk.interrupted;
  return talk.result;
}

void NetlinkChannel::request(Message& message, const std::string& step) {
  request_unless(message, step, {});
}

bool NetlinkChannel::request_unless(Message& message, const std::string& step,
                                    std::initializer_list<int> allowed) {
  return ask(message, step, {}, allowed);
}

bool NetlinkChannel::ask(Message& message, const std::string& step, const OnAnswer& on_answer,
                         std::initializer_list<int> allowed,
                         const std::function<void()>& on_restart) {
  constexpr int kAttempts = 20;  // each fails only when the table changed under the dump
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    nlmsg_hdr(message.raw())->nlmsg_seq = NL_AUTO_SEQ;
    const int error = talk(message, on_answer);
    if (error == 0 && interrupted_ && on_restart) {
      on_restart();
      continue;
    }
    if (error == 0) return true;
    if (std::find(allowed.begin(), allowed.end(), error) != allowed.end()) return false;
    throw std::system_error(error, std::generic_category(),
                            kernel_words_.empty() ? step : step + " (" + kernel_words_ + ")");
  }
  throw std::system_error(EAGAIN, std::generic_category(), step);
}

RouteSocket::RouteSocket() : channel_(std::make_unique<Channel>(NETLINK_ROUTE)) {}
RouteSocket::RouteSocket(const Namespace& where) {
  where.run([&] { channel_ = std::make_unique<Channel>(NETLINK_ROUTE); });
}
RouteSocket::RouteSocket(RouteSocket&&) noexcept = default;
RouteSocket& RouteSocket::operator=(RouteSocket&&) noexcept = default;
RouteSocket::~RouteSocket() = default;

}  // namespace enibox::netns
