#include "emulator/cli/arguments.hpp"

#include <gtest/gtest.h>

namespace enibox::cli {
namespace {

const Command kCommand{"serve",
                       "[OPTION]...",
                       "Runs it.",
                       {{"--listen", "ADDRESS", "where", true},
                        {"--data-dir", "DIR", "first line\nsecond line"},
                        {"--durable", "", "really"}},
                       1};

Arguments parsed(std::vector<std::string> words) { return parse(kCommand, words); }

std::string refusal(std::vector<std::string> words) {
  try {
    parsed(std::move(words));
  } catch (const UsageError& e) {
    return e.what();
  }
  return "accepted";
}

TEST(Arguments, TakesValuesInBothForms) {
  const auto arguments = parsed({"--listen", "a", "--listen=b", "--data-dir=x=y", "--durable"});
  EXPECT_EQ(arguments.values("--listen"), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(arguments.value("--data-dir"), "x=y");
  EXPECT_TRUE(arguments.has("--durable"));
  EXPECT_FALSE(arguments.has("--help"));
}

TEST(Arguments, OperandsMayLookLikeOptionsBehindTwoDashes) {
  EXPECT_EQ(parsed({"--", "--listen"}).operands(), (std::vector<std::string>{"--listen"}));
  EXPECT_EQ(parsed({"-"}).operands(), (std::vector<std::string>{"-"}));
  EXPECT_EQ(refusal({"a", "b"}), "enibox serve: unexpected argument 'b'");
}

TEST(Arguments, AWrongOptionNamesTheRightOne) {
  EXPECT_EQ(refusal({"--lissen", "a"}),
            "enibox serve: there is no option '--lissen'; did you mean --listen?");
  EXPECT_EQ(refusal({"--data=x"}),
            "enibox serve: there is no option '--data'; did you mean --data-dir?");
  EXPECT_EQ(refusal({"--completely-else"}),
            "enibox serve: there is no option '--completely-else'; 'enibox serve --help' lists "
            "them");
}

TEST(Arguments, RefusesMissingDoubledAndUnwantedValues) {
  EXPECT_EQ(refusal({"--data-dir"}), "enibox serve: --data-dir needs a value: --data-dir DIR");
  EXPECT_EQ(refusal({"--data-dir", ""}), "enibox serve: the value of --data-dir is empty");
  EXPECT_EQ(refusal({"--data-dir=a", "--data-dir=b"}), "enibox serve: --data-dir is given twice");
  EXPECT_EQ(refusal({"--durable=yes"}), "enibox serve: --durable takes no value");
}

TEST(Arguments, HelpShowsEveryOptionInColumns) {
  EXPECT_EQ(help_text(kCommand),
            "Usage: enibox serve [OPTION]...\n\nRuns it.\n\nOptions:\n"
            "  --listen ADDRESS  where\n"
            "  --data-dir DIR    first line\n"
            "                    second line\n"
            "  --durable         really\n"
            "  --help            show this help\n");
  EXPECT_TRUE(parsed({"-h"}).wants_help());
}

}  // namespace
}  // namespace enibox::cli
