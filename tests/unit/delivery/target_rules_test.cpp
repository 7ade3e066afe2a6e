#include <crewship/delivery/target_rules.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace crewship {
namespace {

using testing::HasSubstr;

TEST(TargetRules, TakesPublicAddressesAndAnyName) {
  for (const std::string_view url : {"https://hooks.example.com/x", "http://93.184.216.34:8080/", "http://localhost/",
                                     "http://internal/", "https://[2606:2800:220:1:248:1893:25c8:1946]/"}) {
    const auto checked = check_target_url(url, {});
    EXPECT_TRUE(checked) << url << ": " << checked.error().message;
  }
}

TEST(TargetRules, RefusesAddressesThatAreNotPublic) {
  for (const std::string_view url :
       {"http://127.0.0.1/", "http://10.1.2.3/", "http://192.168.0.1/", "http://169.254.169.254/latest/meta-data/",
        "http://100.64.0.1/", "http://0.0.0.0/", "http://224.0.0.1/", "http://[::1]/", "http://[fc00::1]/",
        "http://[fe80::1]/", "http://[::ffff:127.0.0.1]/", "http://[::ffff:7f00:1]/", "http://[64:ff9b::a00:1]/",
        "http://[2002:7f00:1::]/", "http://[::127.0.0.1]/"}) {
    const auto checked = check_target_url(url, {});
    ASSERT_FALSE(checked) << url;
    EXPECT_EQ(checked.error().kind, ErrorKind::invalid);
    EXPECT_EQ(checked.error().code, "url_not_allowed");
    EXPECT_EQ(checked.error().field, "url");
    EXPECT_THAT(checked.error().message, HasSubstr("delivery.allow"));
  }
  EXPECT_THAT(check_target_url("http://127.0.0.1/", {}).error().message,
              HasSubstr("127.0.0.1, which is a loopback address"));
}

TEST(TargetRules, TakesWhatIsListed) {
  const std::vector<Cidr> allow = {Cidr::parse("127.0.0.0/8").value(), Cidr::parse("fd00::/8").value()};
  EXPECT_TRUE(check_target_url("http://127.0.0.1:9999/", allow));
  EXPECT_TRUE(check_target_url("http://[fd12::1]/", allow));
  EXPECT_FALSE(check_target_url("http://10.0.0.1/", allow));
}

TEST(TargetRules, NamesTheFieldOfABadUrl) {
  const auto checked = check_target_url("ftp://example.com/", {});
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().code, "invalid_url");
  EXPECT_EQ(checked.error().field, "url");
}

}  // namespace
}  // namespace crewship
