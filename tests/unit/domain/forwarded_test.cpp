#include <crewship/domain/forwarded.hpp>

#include <string>

#include <gtest/gtest.h>

namespace crewship {
namespace {

IpAddress address(std::string_view text) { return IpAddress::parse(text).value(); }

std::string client(std::string_view peer, const std::vector<std::string_view>& forwarded_for) {
  const std::vector<Cidr> trusted{*Cidr::parse("127.0.0.1"), *Cidr::parse("10.0.0.0/8"), *Cidr::parse("fd00::/8")};
  return client_address(address(peer), forwarded_for, trusted).text();
}

TEST(ClientAddress, IsThePeersWhenNobodyIsTrusted) {
  const std::vector<std::string_view> lines{"192.0.2.7"};
  EXPECT_EQ(client_address(address("127.0.0.1"), lines, {}), address("127.0.0.1"));
}

TEST(ClientAddress, IsThePeersWhenThePeerIsNoProxy) {
  EXPECT_EQ(client("198.51.100.1", {"192.0.2.7"}), "198.51.100.1");
}

TEST(ClientAddress, IsWhatTheProxyAdded) {
  EXPECT_EQ(client("127.0.0.1", {}), "127.0.0.1");
  EXPECT_EQ(client("127.0.0.1", {"192.0.2.7"}), "192.0.2.7");
  EXPECT_EQ(client("::ffff:127.0.0.1", {"192.0.2.7"}), "192.0.2.7") << "a listener on [::] sees IPv4 so";
  EXPECT_EQ(client("fd00::1", {"2001:db8::7"}), "2001:db8::7");
}

TEST(ClientAddress, IsNeverWhatTheClientWroteItself) {
  EXPECT_EQ(client("127.0.0.1", {"203.0.113.9, 192.0.2.7"}), "192.0.2.7");
  EXPECT_EQ(client("127.0.0.1", {"203.0.113.9", "192.0.2.7"}), "192.0.2.7") << "in a header line of its own";
  EXPECT_EQ(client("127.0.0.1", {"127.0.0.1, 10.1.1.1, 192.0.2.7"}), "192.0.2.7") << "pretends to be a proxy";
  EXPECT_EQ(client("127.0.0.1", {"nonsense, 192.0.2.7"}), "192.0.2.7");
}

TEST(ClientAddress, IsFoundBehindAChainOfTrustedProxies) {
  EXPECT_EQ(client("127.0.0.1", {"203.0.113.9, 192.0.2.7, 10.1.1.1"}), "192.0.2.7");
  EXPECT_EQ(client("127.0.0.1", {"192.0.2.7", "10.1.1.1", "10.2.2.2"}), "192.0.2.7");
  EXPECT_EQ(client("127.0.0.1", {"10.3.3.3, 10.1.1.1"}), "10.3.3.3") << "all are trusted: the first of them";
}

TEST(ClientAddress, GarbageEndsTheSearch) {
  for (const char* garbage : {"unknown", "_hidden", "192.0.2.7.", "192.0.2.256", "0x7f.1",
                              "192.0.2.7:", "192.0.2.7:port", "192.0.2.7:123456", "[2001:db8::7", "[2001:db8::7]:x",
                              "[192.0.2.7]", "fe80::1%eth0", "\"192.0.2.7\"", "192.0.2.7;", "192.0.2.7 1"}) {
    EXPECT_EQ(client("127.0.0.1", {garbage}), "127.0.0.1") << garbage;
    EXPECT_EQ(client("127.0.0.1", {"203.0.113.9", garbage}), "127.0.0.1") << garbage;
  }
  EXPECT_EQ(client("127.0.0.1", {"203.0.113.9, unknown, 10.1.1.1"}), "10.1.1.1") << "the last that is known";
}

TEST(ClientAddress, EmptyElementsAndBlanksAreNothing) {
  EXPECT_EQ(client("127.0.0.1", {""}), "127.0.0.1");
  EXPECT_EQ(client("127.0.0.1", {" , ,"}), "127.0.0.1");
  EXPECT_EQ(client("127.0.0.1", {",192.0.2.7\t, ", ""}), "192.0.2.7");
}

TEST(ClientAddress, APortIsLeftOut) {
  EXPECT_EQ(client("127.0.0.1", {"192.0.2.7:4711"}), "192.0.2.7");
  EXPECT_EQ(client("127.0.0.1", {"[2001:db8::7]:4711"}), "2001:db8::7");
  EXPECT_EQ(client("127.0.0.1", {"[2001:db8::7]"}), "2001:db8::7");
}

}  // namespace
}  // namespace crewship
