#include "emulator/logs/filter_pattern.hpp"

#include <gtest/gtest.h>

#include "api/error.hpp"

namespace enibox::logs {
namespace {

struct Case {
  std::string pattern, message;
  bool matches;
};

void expect_all(const std::vector<Case>& cases) {
  for (const auto& [pattern, message, matches] : cases) {
    EXPECT_EQ(FilterPattern(pattern).matches(message), matches) << pattern << "\n" << message;
  }
}

TEST(FilterPattern, Words) {
  expect_all({{"", "anything", true},
              {"a b", "b and a", true},
              {"a c", "b and a", false},
              {"ERROR", "an error", false},
              {"a -b", "b and a", false},
              {"-b", "a", true},
              {"?x ?a", "b and a", true},
              {"?x ?y", "b and a", false},
              {"\"b and\"", "b and a", true},
              {"-\"b and\" a", "b and a", false},
              {"\"say \\\"hi\\\"\"", "they say \"hi\"", true},
              {"%ERR[0-9]+%", "ERR42 x", true},
              {"%ERR[0-9]+%", "ERR x", false},
              {"%^GET% -%health%", "GET /", true},
              {"%^GET% -%health%", "GET /health", false},
              {"%a\\%b%", "a%b", true}});
}

TEST(FilterPattern, MembersOfJson) {
  const std::string event =
      R"({"status":503,"path":"/api/v1","ok":true,"user":{"id":null,"a b":1.5},"tags":["x","y"],)"
      R"("code":"42","empty":""})";
  const auto expect = [&](const std::string& pattern, bool matches) {
    expect_all({{pattern, event, matches}});
  };
  expect("{ $.status >= 500 && $.path = \"/api*\" }", true);
  expect("{ $.status = 200 || $.path = \"/other\" }", false);
  expect("{ ($.status = 200 || $.status = 503) && $.tags[0] = x }", true);
  expect("{ $.status = 200 && $.status = 1 || $.tags[1] = y }", true);
  expect("{$.status=503.0}", true);
  expect("{ $.status = 5.03e2 }", true);
  expect("{ $.status != 503 }", false);
  expect("{ $.status = 5* }", true);
  expect("{ $.status != 4* }", true);
  expect("{ $.path = *v1 }", true);
  expect("{ $.path = \"*api*1\" }", true);
  expect("{ $.path = %^/api/v[0-9]$% }", true);
  expect("{ $.path != %v2% }", true);
  expect("{ $.code > 41 }", true);
  expect("{ $.path > 1 }", false);
  expect("{ $.user.id IS NULL }", true);
  expect("{ $.ok IS TRUE }", true);
  expect("{ $.ok IS FALSE }", false);
  expect("{ $.ok = true }", true);
  expect("{ $.nothing NOT EXISTS }", true);
  expect("{ $.status NOT EXISTS }", false);
  expect("{ $.status EXISTS }", true);
  expect("{ $.nothing = 1 }", false);
  expect("{ $.nothing != 1 }", false);
  expect("{ $.user = 1 }", false);
  expect("{ $.user['a b'] = 1.5 }", true);
  expect("{ $.tags[7] = x }", false);
  expect("{ $.empty = \"\" }", true);
  expect_all({{"{ $.a = 1 }", "not json", false}, {"{ $.a = 1 }", "[1]", false}});
}

TEST(FilterPattern, FieldsBetweenSpaces) {
  const std::string line =
      "127.0.0.1 - frank [10/Oct/2000:13:25:15 -0700] \"GET /index.html HTTP/1.0\" 404 1534";
  const auto expect = [&](const std::string& pattern, bool matches) {
    expect_all({{pattern, line, matches}});
  };
  expect("[]", true);
  expect("[ip, id, user, time, request, status, size]", true);
  expect("[ip, id, user, time, request, status]", false);
  expect("[ip, id, user, time, request, status, size, more]", false);
  expect("[..., status, size]", true);
  expect("[ip, ...]", true);
  expect("[ip, ..., status = 4*, size > 1000]", true);
  expect("[ip, ..., status = 4*, size < 1000]", false);
  expect("[..., status = 4* || status = 5*, size]", true);
  expect("[..., status = 4* && status != 404, size]", false);
  expect("[..., request = *html*, status,]", true);
  expect("[..., request = %GET .*1.0%, status, size]", true);
  expect("[ip = 127.0.0.2, ...]", false);
  expect("[a, b, c, d, e, f, g, ...]", true);
  expect("[a, b, c, d, e, f, g, h, ...]", false);
}

TEST(FilterPattern, GivesTheValuesOfFields) {
  const std::string line =
      "127.0.0.1 - frank [10/Oct/2000:13:25:15 -0700] \"GET /p HTTP/1.0\" 404 1534";
  using Values = std::map<std::string, std::string>;
  EXPECT_EQ(FilterPattern("[..., request = *, status_code = 4*,]").fields(line),
            (Values{{"$1", "127.0.0.1"},
                    {"$2", "-"},
                    {"$3", "frank"},
                    {"$4", "10/Oct/2000:13:25:15 -0700"},
                    {"$request", "GET /p HTTP/1.0"},
                    {"$status_code", "404"},
                    {"$7", "1534"}}));
  EXPECT_EQ(FilterPattern("[..., size]").value(line, "$size"), "1534");
  EXPECT_EQ(FilterPattern("[..., size]").value(line, "$other"), std::nullopt);
  const FilterPattern json("{ $.a.b EXISTS }");
  EXPECT_EQ(json.value(R"({"a":{"b":2.5,"c":"x","d":[1]}})", "$.a.b"), "2.5");
  EXPECT_EQ(json.value(R"({"a":{"b":2.5,"c":"x","d":[1]}})", "$.a.c"), "x");
  EXPECT_EQ(json.value(R"({"a":{"b":2.5,"c":"x","d":[1]}})", "$.a.d"), std::nullopt);
  EXPECT_FALSE(FilterPattern("word").selects());
}

TEST(FilterPattern, WhatIsNoPatternIsRefused) {
  const std::string deep = "{ " + std::string(1000, '(') + " }";
  for (const std::string pattern : {"\"open",
                                    "a:b",
                                    "%open",
                                    "%%",
                                    "%(%",
                                    "%a% %b% %c%",
                                    "{",
                                    "{}",
                                    "{ $.a }",
                                    "{ $.a ~ 1 }",
                                    "{ $.a = }",
                                    "{ $.a = 1",
                                    "{ a = 1 }",
                                    "{ $.a = 1 && }",
                                    "{ ($.a = 1 }",
                                    "{ $.a = 1) }",
                                    "{ $.a > x }",
                                    "{ $.a > %x% }",
                                    "{ $.a IS 3 }",
                                    "{ $.a NOT 1 }",
                                    "{ $. = 1 }",
                                    "{ $.a[1 = 1 }",
                                    "[",
                                    "[a, ..., b, ...]",
                                    "[a = ]",
                                    "[a = 1 && b = 2]",
                                    "[a b]",
                                    "[a = 1 ||]",
                                    deep.c_str()}) {
    EXPECT_THROW(FilterPattern{pattern}, AwsError) << pattern.substr(0, 60);
  }
}

TEST(FilterPattern, HostilePatternsEndSoon) {
  const std::string stars = "{ $.a = " + std::string(200, '*') + "x }";
  EXPECT_FALSE(FilterPattern(stars).matches(R"({"a":")" + std::string(5000, 'y') + "\"}"));
  EXPECT_FALSE(FilterPattern("%(a+)+$%").matches(std::string(5000, 'a') + "b"));
}

}  // namespace
}  // namespace enibox::logs
