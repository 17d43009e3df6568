#include "api/wire/filters.hpp"

#include <gtest/gtest.h>

namespace enibox::api {
namespace {

TEST(Wildcard, StarsAndQuestionMarks) {
  EXPECT_TRUE(matches_wildcard("", ""));
  EXPECT_TRUE(matches_wildcard("*", ""));
  EXPECT_TRUE(matches_wildcard("vpc-*", "vpc-1"));
  EXPECT_TRUE(matches_wildcard("*a*b", "xxaxxbxb"));
  EXPECT_TRUE(matches_wildcard("t?.micro", "t3.micro"));
  EXPECT_FALSE(matches_wildcard("t?.micro", "t33.micro"));
  EXPECT_FALSE(matches_wildcard("vpc", "vpc-1"));
  EXPECT_FALSE(matches_wildcard("VPC-*", "vpc-1"));
}

TEST(Wildcard, ABackslashTakesTheirMeaningAway) {
  EXPECT_TRUE(matches_wildcard("a\\*b", "a*b"));
  EXPECT_FALSE(matches_wildcard("a\\*b", "axb"));
  EXPECT_TRUE(matches_wildcard("a\\?", "a?"));
  EXPECT_TRUE(matches_wildcard("a\\", "a\\"));
}

TEST(Wildcard, AHostilePatternTakesNoTime) {
  std::string pattern;
  for (int i = 0; i < 200; ++i) pattern += "*a";
  EXPECT_FALSE(matches_wildcard(pattern + "b", std::string(2000, 'a')));
}

struct Row {
  std::string id;
  std::vector<std::string> groups;
  std::map<std::string, std::string> tags;
};

const FilterTable<Row> kTable{{"id", [](const Row& row) { return row.id; }},
                              {"group-id", [](const Row& row) { return row.groups; }},
                              {"state", [](const Row&) { return "available"; }}};

Json filter(const char* name, std::vector<std::string> values) {
  return {{"Name", name}, {"Values", std::move(values)}};
}

bool passes(const Json& filters, const Row& row) {
  return Filters<Row>(kTable, {{"Filters", filters}}, [](const Row& r) { return r.tags; })
      .pass(row);
}

TEST(Filters, AllFiltersMustPassAndOneValueIsEnough) {
  const Row row{"eni-1", {"sg-1", "sg-2"}, {{"Name", "web"}, {"Stage", ""}}};
  EXPECT_TRUE(passes(Json::array(), row));
  EXPECT_TRUE(passes(Json::array({filter("group-id", {"sg-9", "sg-2"})}), row));
  EXPECT_TRUE(passes(Json::array({filter("id", {"eni-?"}), filter("state", {"avail*"})}), row));
  EXPECT_FALSE(passes(Json::array({filter("id", {"eni-1"}), filter("state", {"in-use"})}), row));
  EXPECT_TRUE(passes(Json::array({filter("tag:Name", {"w*"})}), row));
  EXPECT_TRUE(passes(Json::array({filter("tag:Stage", {""})}), row));
  EXPECT_FALSE(passes(Json::array({filter("tag:Gone", {"*"})}), row));
  EXPECT_TRUE(passes(Json::array({filter("tag-key", {"Stage"})}), row));
  EXPECT_FALSE(passes(Json::array({filter("tag-value", {"api"})}), row));
}

std::string code_of(const Json& filters) {
  try {
    Filters<Row>(kTable, {{"Filters", filters}});
  } catch (const AwsError& error) {
    return error.code() + ": " + error.message();
  }
  return "none";
}

TEST(Filters, WhatEc2RefusesIsRefused) {
  EXPECT_EQ(code_of(Json::array({filter("colour", {"red"})})),
            "InvalidParameterValue: The filter 'colour' is invalid");
  EXPECT_EQ(code_of(Json::array({filter("tag:Name", {"x"})})),
            "InvalidParameterValue: The filter 'tag:Name' is invalid");
  EXPECT_EQ(code_of(Json::array({{{"Values", {"x"}}}})),
            "InvalidParameterValue: The filter 'null' is invalid");
  EXPECT_NE(code_of(Json::array({{{"Name", "id"}}})), "none");
  EXPECT_EQ(code_of(Json::array({filter("id", std::vector<std::string>(201, "x"))})),
            "FilterLimitExceeded: The maximum number of filter values specified on a single call "
            "is 200");
}

}  // namespace
}  // namespace enibox::api
