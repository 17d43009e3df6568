#include "emulator/containers/signal_fate.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <string>

namespace enibox::containers {
namespace {

std::string status(const std::string& name, const std::string& blocked, const std::string& ignored,
                   const std::string& caught) {
  return "Name:\t" + name + "\nUmask:\t0022\nState:\tS (sleeping)\nSigQ:\t0/31493\n" +
         "SigPnd:\t0000000000000000\nShdPnd:\t0000000000000000\nSigBlk:\t" + blocked +
         "\nSigIgn:\t" + ignored + "\nSigCgt:\t" + caught + "\nCapInh:\t0000000000000000\n";
}

constexpr const char* kNone = "0000000000000000";
constexpr const char* kTerm = "0000000000004000";

TEST(SignalFate, DroppedWithoutAHandler) {
  EXPECT_EQ(fate_of_signal(status("sleep", kNone, kNone, kNone), SIGTERM), SignalFate::kDropped);
  EXPECT_EQ(fate_of_signal(status("sh", kTerm, kTerm, kTerm), SIGQUIT), SignalFate::kDropped);
}

TEST(SignalFate, TakenWhenCaughtBlockedOrIgnored) {
  EXPECT_EQ(fate_of_signal(status("sh", kNone, kNone, kTerm), SIGTERM), SignalFate::kTaken);
  EXPECT_EQ(fate_of_signal(status("docker-init", kTerm, kNone, kNone), SIGTERM),
            SignalFate::kTaken);
  EXPECT_EQ(fate_of_signal(status("deaf", kNone, kTerm, kNone), SIGTERM), SignalFate::kTaken);
  EXPECT_EQ(fate_of_signal(status("x", kNone, kNone, "8000000000000000"), 64), SignalFate::kTaken);
}

TEST(SignalFate, RuncHasHandlersThatAreNotTheContainers) {
  EXPECT_EQ(fate_of_signal(status("runc:[2:INIT]", kNone, kNone, kTerm), SIGTERM),
            SignalFate::kEndsTheStart);
}

TEST(SignalFate, KillWaitsForNobodyAndTheDeadForNothing) {
  EXPECT_EQ(fate_of_signal(status("sleep", kNone, kNone, kNone), SIGKILL), SignalFate::kTaken);
  EXPECT_EQ(fate_of_signal(status("runc:[2:INIT]", kNone, kNone, kNone), SIGSTOP),
            SignalFate::kTaken);
  EXPECT_EQ(fate_of_signal("", SIGTERM), SignalFate::kTaken);
}

}  // namespace
}  // namespace enibox::containers
