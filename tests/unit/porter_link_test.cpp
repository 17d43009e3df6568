#include "emulator/porter_link.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <optional>

#include "netns/descriptor_passing.hpp"

namespace enibox {
namespace {

class PorterLinkTest : public ::testing::Test {
 protected:
  PorterLinkTest() {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
      netns::throw_errno("socketpair");
    porter = netns::UniqueFd(ends[0]);
    link.emplace(loop, netns::UniqueFd(ends[1]), PorterLink::Events{[this] { gone = true; }});
  }
  using Told = std::optional<Outcome<PorterLink::Reply>>;
  void request(const std::string& kind, Told& told) {
    link->request({{"kind", kind}}, [&told](auto reply) { told.emplace(std::move(reply)); });
  }
  nlohmann::json heard() {
    char text[1024];
    const auto size = ::recv(porter.get(), text, sizeof text, 0);
    return nlohmann::json::parse(text, text + std::max<ssize_t>(size, 0));
  }
  void say(const nlohmann::json& message) {
    const auto text = message.dump();
    ASSERT_EQ(::send(porter.get(), text.data(), text.size(), 0), static_cast<ssize_t>(text.size()));
  }
  void run() { loop.run_one_for(std::chrono::seconds(10)); }

  boost::asio::io_context loop;
  netns::UniqueFd porter;
  std::optional<PorterLink> link;
  bool gone = false;
};

TEST_F(PorterLinkTest, AnswersFindTheirRequests) {
  Told first, second;
  request("a", first);
  request("b", second);
  const auto a = heard(), b = heard();
  say({{"kind", "error"}, {"number", b["number"]}, {"message", "no"}});
  run();
  EXPECT_FALSE(first);
  ASSERT_TRUE(second);
  EXPECT_EQ(second->error(), "no");

  const auto text = nlohmann::json{{"kind", "a"}, {"number", a["number"]}}.dump();
  int pipe_ends[2];
  ASSERT_EQ(::pipe(pipe_ends), 0);
  const netns::UniqueFd reader(pipe_ends[0]);
  netns::UniqueFd writer(pipe_ends[1]);
  ASSERT_GT(netns::send_with_descriptor(porter.get(), text, writer.get()), 0);
  writer.reset();
  run();
  ASSERT_TRUE(first && first->ok());
  ASSERT_TRUE(first->get().descriptor);
  EXPECT_EQ(::write(first->get().descriptor.get(), "x", 1), 1);
  char byte = 0;
  EXPECT_EQ(::read(reader.get(), &byte, 1), 1);
}

TEST_F(PorterLinkTest, WhatWasNotAskedForIsPassedOver) {
  say({{"kind", "a"}, {"number", 77}});
  say({{"kind", "error"}, {"message", "unknown"}});
  say(nlohmann::json::array());
  run();
  EXPECT_FALSE(gone);
}

TEST_F(PorterLinkTest, ThePortersEndFailsWhatIsAsked) {
  Told told;
  request("a", told);
  porter.reset();
  run();
  EXPECT_TRUE(gone);
  ASSERT_TRUE(told);
  EXPECT_FALSE(told->ok());
  Told later;
  request("b", later);
  ASSERT_TRUE(later);
  EXPECT_FALSE(later->ok());
}

TEST_F(PorterLinkTest, APorterThatDoesNotReadIsNotWaitedFor) {
  Told told;
  int requests = 0;
  for (; requests < 100'000 && !told; ++requests)
    link->request({{"kind", "a"}}, [&told](auto reply) { told.emplace(std::move(reply)); });
  ASSERT_TRUE(told);
  EXPECT_FALSE(told->ok());
}

}  // namespace
}  // namespace enibox
