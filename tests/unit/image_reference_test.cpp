#include "emulator/containers/image_reference.hpp"

#include <gtest/gtest.h>

namespace enibox::containers {
namespace {

TEST(ImageReference, ReadsNamesAsDockerDoes) {
  const std::string digest = "sha256:" + std::string(64, 'a');
  const struct {
    std::string text, canonical, familiar;
  } rows[] = {
      {"nginx", "docker.io/library/nginx:latest", "nginx:latest"},
      {"nginx:alpine", "docker.io/library/nginx:alpine", "nginx:alpine"},
      {"docker.io/nginx", "docker.io/library/nginx:latest", "nginx:latest"},
      {"index.docker.io/library/nginx", "docker.io/library/nginx:latest", "nginx:latest"},
      {"amazon/amazon-ecs-pause:0.1.0", "docker.io/amazon/amazon-ecs-pause:0.1.0",
       "amazon/amazon-ecs-pause:0.1.0"},
      {"123456789012.dkr.ecr.us-east-1.amazonaws.com/app:v1",
       "123456789012.dkr.ecr.us-east-1.amazonaws.com/app:v1",
       "123456789012.dkr.ecr.us-east-1.amazonaws.com/app:v1"},
      {"localhost:5000/a/b", "localhost:5000/a/b:latest", "localhost:5000/a/b:latest"},
      {"localhost/a", "localhost/a:latest", "localhost/a:latest"},
      {"public.ecr.aws/x/y__z.q-r", "public.ecr.aws/x/y__z.q-r:latest",
       "public.ecr.aws/x/y__z.q-r:latest"},
      {"nginx@" + digest, "docker.io/library/nginx@" + digest, "nginx@" + digest},
      {"nginx:1@" + digest, "docker.io/library/nginx:1@" + digest, "nginx:1@" + digest},
  };
  for (const auto& row : rows) {
    const auto ref = parse_reference(row.text);
    EXPECT_EQ(ref.canonical(), row.canonical);
    EXPECT_EQ(ref.familiar(), row.familiar);
    EXPECT_EQ(parse_reference(ref.canonical()), ref) << row.text;
  }
}

TEST(ImageReference, RefusesWhatDockerRefuses) {
  for (const std::string text : {"",
                                 ":",
                                 "nginx:",
                                 "a//b",
                                 "/a",
                                 "a/",
                                 "-a",
                                 "a-",
                                 "a..b",
                                 "a___b",
                                 "nginx:al pine",
                                 "nginx:-x",
                                 "../etc",
                                 "a/../b",
                                 "a@sha256:12",
                                 "a@md5:00",
                                 "http://a/b",
                                 "a.com:x/b",
                                 "NGINX",
                                 "a/B",
                                 "nginx\n",
                                 "@"})
    EXPECT_THROW(parse_reference(text), InvalidReference) << text;
  EXPECT_THROW(parse_reference(std::string(300, 'a')), InvalidReference);
  EXPECT_THROW(parse_reference("a:" + std::string(129, 'a')), InvalidReference);
}

}  // namespace
}  // namespace enibox::containers
