#include <crewship/http/url.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace crewship {
namespace {

TEST(TargetUrl, ReadsSchemeHostPortAndTarget) {
  const auto url = TargetUrl::parse("https://Hooks.Example.com/in?a=1&b=%20x").value();
  EXPECT_TRUE(url.tls);
  EXPECT_EQ(url.host, "hooks.example.com");
  EXPECT_EQ(url.port, 443);
  EXPECT_EQ(url.target, "/in?a=1&b=%20x");
  EXPECT_FALSE(url.literal);
  EXPECT_EQ(url.authority(), "hooks.example.com");
}

TEST(TargetUrl, TakesTheSchemeInAnyCaseAndItsPort) {
  EXPECT_EQ(TargetUrl::parse("HTTP://h/").value().port, 80);
  EXPECT_EQ(TargetUrl::parse("HttpS://h/").value().port, 443);
  EXPECT_EQ(TargetUrl::parse("http://h:/").value().port, 80);
}

TEST(TargetUrl, NamesThePortInTheAuthorityOnlyWhenItIsNotTheSchemes) {
  EXPECT_EQ(TargetUrl::parse("http://h:8080/").value().authority(), "h:8080");
  EXPECT_EQ(TargetUrl::parse("http://h:80/").value().authority(), "h");
  EXPECT_EQ(TargetUrl::parse("http://h:443/").value().authority(), "h:443");
  EXPECT_EQ(TargetUrl::parse("https://h:443/").value().authority(), "h");
  EXPECT_EQ(TargetUrl::parse("https://[2001:db8::1]:8443/").value().authority(), "[2001:db8::1]:8443");
  EXPECT_EQ(TargetUrl::parse("https://[2001:db8::1]/").value().authority(), "[2001:db8::1]");
}

TEST(TargetUrl, KeepsPathAndQueryByteForByte) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"http://h", "/"},
      {"http://h?", "/?"},
      {"http://h?x=1", "/?x=1"},
      {"http://h/a/../b//c/./", "/a/../b//c/./"},
      {"http://h/%2e%2E/%7Euser", "/%2e%2E/%7Euser"},
      {"http://h//x//y", "//x//y"},
      {"http://h/@:!$&'()*+,;=", "/@:!$&'()*+,;="},
      {"http://h/p?q=http://u:p@x/?y", "/p?q=http://u:p@x/?y"},
  };
  for (const auto& [text, target] : cases) {
    const auto url = TargetUrl::parse(text);
    ASSERT_TRUE(url) << text << ": " << url.error().message;
    EXPECT_EQ(url->target, target);
  }
}

TEST(TargetUrl, KnowsAddresses) {
  const auto v4 = TargetUrl::parse("http://192.0.2.7:81/x").value();
  EXPECT_EQ(v4.literal, asio::ip::make_address("192.0.2.7"));
  EXPECT_EQ(v4.host, "192.0.2.7");
  const auto v6 = TargetUrl::parse("http://[2001:DB8:0:0::0001]/").value();
  EXPECT_EQ(v6.literal, asio::ip::make_address("2001:db8::1"));
  EXPECT_EQ(v6.host, "2001:db8::1");
  const auto mapped = TargetUrl::parse("http://[::ffff:127.0.0.1]/").value();
  EXPECT_EQ(mapped.literal, asio::ip::make_address("::ffff:127.0.0.1"));
}

TEST(TargetUrl, TakesNamesAsTheDomainNameSystemHasThem) {
  const std::string label(63, 'a');
  for (const std::string& name :
       {std::string("localhost"), std::string("xn--bcher-kva.example"), std::string("my_hook.x"),
        std::string("1.2.3.4.example"), std::string("4chan.example"), std::string("a-b.c"),
        label + "." + label + "." + label + "." + std::string(61, 'a')}) {
    const auto url = TargetUrl::parse("http://" + name + "/");
    ASSERT_TRUE(url) << name << ": " << url.error().message;
    EXPECT_EQ(url->host, name);
    EXPECT_FALSE(url->rooted);
  }
}

TEST(TargetUrl, KeepsADotAtTheEndForTheLookUpOnly) {
  const auto url = TargetUrl::parse("https://example.com.:444/").value();
  EXPECT_TRUE(url.rooted);
  EXPECT_EQ(url.host, "example.com");
  EXPECT_EQ(url.authority(), "example.com:444");
}

struct Refused {
  std::string url;
  std::string_view because;
};
class TargetUrlRefuses : public testing::TestWithParam<Refused> {};

TEST_P(TargetUrlRefuses, WithASentenceThatSaysWhy) {
  const auto url = TargetUrl::parse(GetParam().url);
  ASSERT_FALSE(url) << GetParam().url;
  EXPECT_EQ(url.error().kind, ErrorKind::invalid);
  EXPECT_EQ(url.error().code, "invalid_url");
  EXPECT_EQ(url.error().field, "");
  EXPECT_THAT(url.error().message, testing::HasSubstr(std::string(GetParam().because)));
}

INSTANTIATE_TEST_SUITE_P(Scheme, TargetUrlRefuses,
                         testing::Values(Refused{"ftp://h/", "must begin with http"},
                                         Refused{"file:///etc/passwd", "must begin with http"},
                                         Refused{"gopher://h/", "must begin with http"},
                                         Refused{"httpss://h/", "must begin with http"},
                                         Refused{"//h/", "must begin with http"}, Refused{"h/", "must begin with http"},
                                         Refused{"", "empty"}, Refused{"http", "must begin with http"}));

INSTANTIATE_TEST_SUITE_P(
    Host, TargetUrlRefuses,
    testing::Values(Refused{"http:///x", "no host"}, Refused{"http://", "no host"}, Refused{"http:/h", "no host"},
                    Refused{"http:h", "no host"}, Refused{"http://:80/", "no host"}, Refused{"http://./", "no host"},
                    Refused{"http://a..b/", "empty part"}, Refused{"http://.a/", "empty part"},
                    Refused{"http://a../", "empty part"}, Refused{"http://" + std::string(64, 'a') + "/", "63 bytes"},
                    Refused{"http://" + std::string(250, 'a') + ".com/", "253 bytes"},
                    Refused{"http://a!b/", "letters, digits"}, Refused{"http://a~b/", "letters, digits"},
                    Refused{"http://a,b/", "letters, digits"}, Refused{"http://%31%32%37.0.0.1/", "percent-encoded"},
                    Refused{"http://ex%61mple.com/", "percent-encoded"}));

INSTANTIATE_TEST_SUITE_P(
    NumericHost, TargetUrlRefuses,
    testing::Values(Refused{"http://2130706433/", "ends in a number"},
                    Refused{"http://0x7f000001/", "ends in a number"}, Refused{"http://0x7f.1/", "ends in a number"},
                    Refused{"http://0X7F.0X1/", "ends in a number"}, Refused{"http://127.1/", "ends in a number"},
                    Refused{"http://127.0.1/", "ends in a number"}, Refused{"http://0177.0.0.1/", "ends in a number"},
                    Refused{"http://127.0.0.01/", "ends in a number"}, Refused{"http://1.2.3.4./", "ends in a number"},
                    Refused{"http://1.2.3.256/", "ends in a number"}, Refused{"http://1.2.3.4.5/", "ends in a number"},
                    Refused{"http://foo.0x/", "ends in a number"}, Refused{"http://foo.09/", "ends in a number"}));

INSTANTIATE_TEST_SUITE_P(
    Brackets, TargetUrlRefuses,
    testing::Values(Refused{"http://[::1", "no closing bracket"}, Refused{"http://::1/", "no host"},
                    Refused{"http://[fe80::1%25eth0]/", "not an IPv6 address"},
                    Refused{"http://[fe80::1%eth0]/", "not an IPv6 address"},
                    Refused{"http://[v1.a]/", "not an IPv6 address"},
                    Refused{"http://[1.2.3.4]/", "not an IPv6 address"}, Refused{"http://[]/", "not an IPv6 address"},
                    Refused{"http://[::1]x/", "behind its host"}, Refused{"http://a[::1]/", "letters, digits"}));

INSTANTIATE_TEST_SUITE_P(Port, TargetUrlRefuses,
                         testing::Values(Refused{"http://h:0/", "between 1 and 65535"},
                                         Refused{"http://h:65536/", "between 1 and 65535"},
                                         Refused{"http://h:99999999999999999999/", "between 1 and 65535"},
                                         Refused{"http://h:8o/", "between 1 and 65535"},
                                         Refused{"http://h:-1/", "between 1 and 65535"},
                                         Refused{"http://h:80:80/", "between 1 and 65535"}));

INSTANTIATE_TEST_SUITE_P(UserInfo, TargetUrlRefuses,
                         testing::Values(Refused{"http://u@h/", "user name"}, Refused{"http://u:p@h/", "user name"},
                                         Refused{"http://@h/", "user name"}, Refused{"http://h:80@x/", "user name"},
                                         Refused{"http://example.com@127.0.0.1/", "user name"}));

INSTANTIATE_TEST_SUITE_P(Bytes, TargetUrlRefuses,
                         testing::Values(Refused{"http://h/#f", "fragment"}, Refused{"http://h/#", "fragment"},
                                         Refused{"http://h#", "fragment"}, Refused{" http://h/", "white space"},
                                         Refused{"http://h/ ", "white space"}, Refused{"http://h/a b", "white space"},
                                         Refused{"ht\ttp://h/", "white space"},
                                         Refused{"http://h/\r\nX: y", "white space"},
                                         Refused{"http://h\\@x/", "backslash"}, Refused{"http:\\\\h/", "backslash"},
                                         Refused{"http://h/\x01", "control character"},
                                         Refused{std::string("http://h/\0", 10), "control character"},
                                         Refused{"http://h/\x7f", "control character"},
                                         Refused{"http://b\xc3\xbc"
                                                 "cher.example/",
                                                 "outside ASCII"},
                                         Refused{"http://h/\xff", "outside ASCII"},
                                         Refused{"http://h/%zz", "not valid"}, Refused{"http://h/%1", "not valid"},
                                         Refused{"http://h/<x>", "not valid"}, Refused{"http://h/{id}", "not valid"},
                                         Refused{"http://h/a|b", "not valid"}, Refused{"http://h/\"", "not valid"}));

TEST(TargetUrl, TakesUpTo2048Bytes) {
  const std::string base = "http://h/";
  EXPECT_TRUE(TargetUrl::parse(base + std::string(2048 - base.size(), 'a')));
  const auto longer = TargetUrl::parse(base + std::string(2049 - base.size(), 'a'));
  ASSERT_FALSE(longer);
  EXPECT_THAT(longer.error().message, testing::HasSubstr("2048 bytes"));
}

}  // namespace
}  // namespace crewship
