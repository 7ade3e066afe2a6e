// Addresses and networks as text: strict where a lenient reader lets an attacker through.
#include <crewship/domain/address.hpp>

#include <optional>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace crewship {
namespace {

std::string round_trip(std::string_view text) {
  const auto address = IpAddress::parse(text);
  return address ? address->text() : "none";
}

TEST(IpAddress, V4) {
  for (const std::string_view text : {"0.0.0.0", "1.2.3.4", "127.0.0.1", "192.168.10.255", "255.255.255.255"}) {
    EXPECT_EQ(round_trip(text), text);
    EXPECT_TRUE(IpAddress::parse(text).value().is_v4);
  }
  EXPECT_EQ(IpAddress::parse("1.2.3.4"), IpAddress::v4({1, 2, 3, 4}));
}

TEST(IpAddress, V4IsKeptAsItsMappedForm) {
  auto mapped = IpAddress::parse("::ffff:1.2.3.4").value();
  EXPECT_FALSE(mapped.is_v4);
  EXPECT_EQ(mapped.bytes, IpAddress::v4({1, 2, 3, 4}).bytes);
}

TEST(IpAddress, NotAStrictDottedQuad) {
  for (const std::string_view text :
       {"",           "1",        "1.2.3",    "1.2.3.4.5",  "1.2.3.",     ".1.2.3",     "1..2.3", "256.1.1.1",
        "1.2.3.1000", "01.2.3.4", "1.2.3.00", "0x7f.0.0.1", "0177.0.0.1", "2130706433", "127.1",  "1.2.3.4 ",
        " 1.2.3.4",   "1.2.3.-4", "1.2.3.+4", "1.2.3.a",    "1,2,3,4",    "localhost"}) {
    EXPECT_EQ(IpAddress::parse(text), std::nullopt) << text;
  }
}

TEST(IpAddress, V6AsRfc5952WritesIt) {
  struct Case {
    std::string_view text, canonical;
  };
  for (const auto& [text, canonical] : {
           Case{"::", "::"},
           Case{"::1", "::1"},
           Case{"1::", "1::"},
           Case{"0:0:0:0:0:0:0:0", "::"},
           Case{"2001:DB8::000A", "2001:db8::a"},
           Case{"2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},
           Case{"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},
           Case{"2001:0:0:1:0:0:0:1", "2001:0:0:1::1"},
           Case{"1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"},
           Case{"::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"},
           Case{"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
           Case{"::ffff:7f00:1", "::ffff:127.0.0.1"},
           Case{"::FFFF:127.0.0.1", "::ffff:127.0.0.1"},
           Case{"0:0:0:0:0:ffff:1.2.3.4", "::ffff:1.2.3.4"},
           Case{"64:ff9b::192.0.2.33", "64:ff9b::c000:221"},
           Case{"::1.2.3.4", "::102:304"},
           Case{"1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304"},
       }) {
    EXPECT_EQ(round_trip(text), canonical) << text;
    EXPECT_FALSE(IpAddress::parse(text).value().is_v4);
  }
}

TEST(IpAddress, V6Bytes) {
  EXPECT_EQ(IpAddress::parse("1:20:300:4000:5:6:7:fffe"),
            IpAddress::v6({0, 1, 0, 0x20, 3, 0, 0x40, 0, 0, 5, 0, 6, 0, 7, 0xff, 0xfe}));
}

TEST(IpAddress, NotAnIpv6Address) {
  for (const std::string_view text : {":",
                                      ":::",
                                      "1",
                                      "1:",
                                      ":1",
                                      "1:2:3:4:5:6:7",
                                      "1:2:3:4:5:6:7:8:9",
                                      "1:2:3:4:5:6:7:8:",
                                      ":1:2:3:4:5:6:7:8",
                                      "1::2::3",
                                      "1:::2",
                                      "::1:",
                                      ":1::",
                                      "1:2:3:4::5:6:7:8",
                                      "::1:2:3:4:5:6:7:8",
                                      "12345::",
                                      "::g",
                                      "::-1",
                                      "::+1",
                                      "::1%eth0",
                                      "fe80::1%25eth0",
                                      "[::1]",
                                      "::1/128",
                                      "::1 ",
                                      " ::1",
                                      "::1.2.3",
                                      "::1.2.3.4.5",
                                      "::01.2.3.4",
                                      "1.2.3.4::",
                                      "::1.2.3.4:5",
                                      "1:2:3:4:5:6:7:1.2.3.4",
                                      "1:2:3:4:5:1.2.3.4",
                                      "::256.1.1.1",
                                      "::0x1"}) {
    EXPECT_EQ(IpAddress::parse(text), std::nullopt) << text;
  }
}

bool contains(std::string_view cidr, std::string_view address) {
  return Cidr::parse(cidr).value().contains(IpAddress::parse(address).value());
}

TEST(Cidr, HoldsFromItsFirstToItsLastAddress) {
  EXPECT_TRUE(contains("10.0.0.0/8", "10.0.0.0"));
  EXPECT_TRUE(contains("10.0.0.0/8", "10.255.255.255"));
  EXPECT_FALSE(contains("10.0.0.0/8", "9.255.255.255"));
  EXPECT_FALSE(contains("10.0.0.0/8", "11.0.0.0"));
  EXPECT_TRUE(contains("172.16.0.0/12", "172.31.255.255"));
  EXPECT_FALSE(contains("172.16.0.0/12", "172.32.0.0"));
  EXPECT_TRUE(contains("192.0.2.128/31", "192.0.2.129"));
  EXPECT_FALSE(contains("192.0.2.128/31", "192.0.2.130"));
  EXPECT_TRUE(contains("fc00::/7", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"));
  EXPECT_FALSE(contains("fc00::/7", "fe00::"));
  EXPECT_TRUE(contains("2001:db8::/33", "2001:db8:7fff::1"));
  EXPECT_FALSE(contains("2001:db8::/33", "2001:db8:8000::1"));
}

TEST(Cidr, ASingleAddress) {
  for (const std::string_view cidr : {"192.0.2.1", "192.0.2.1/32"}) {
    EXPECT_TRUE(contains(cidr, "192.0.2.1"));
    EXPECT_FALSE(contains(cidr, "192.0.2.0"));
    EXPECT_FALSE(contains(cidr, "192.0.2.2"));
  }
  for (const std::string_view cidr : {"fd00::1", "fd00::1/128"}) {
    EXPECT_TRUE(contains(cidr, "fd00::1"));
    EXPECT_FALSE(contains(cidr, "fd00::"));
    EXPECT_FALSE(contains(cidr, "fd00::2"));
  }
}

TEST(Cidr, EverythingOfOneFamilyOnly) {
  EXPECT_TRUE(contains("0.0.0.0/0", "255.255.255.255"));
  EXPECT_FALSE(contains("0.0.0.0/0", "::1"));
  EXPECT_TRUE(contains("::/0", "ffff::"));
  EXPECT_FALSE(contains("::/0", "127.0.0.1"));
  EXPECT_FALSE(contains("::/0", "::ffff:127.0.0.1"));
}

TEST(Cidr, AMappedAddressCountsAsTheIpv4One) {
  EXPECT_TRUE(contains("127.0.0.0/8", "::ffff:127.0.0.1"));
  EXPECT_TRUE(contains("::ffff:127.0.0.0/104", "127.0.0.1"));
  EXPECT_TRUE(contains("::ffff:0:0/96", "8.8.8.8"));
  EXPECT_FALSE(contains("::ffff:127.0.0.0/104", "128.0.0.1"));
  for (const std::string_view almost : {"::127.0.0.1", "::ff:127.0.0.1", "::ff00:127.0.0.1", "::1:ffff:127.0.0.1"}) {
    EXPECT_FALSE(contains("127.0.0.0/8", almost)) << almost;
  }
}

TEST(Cidr, BitsOfTheHostDoNotMatter) {
  EXPECT_TRUE(contains("127.0.0.1/8", "127.255.0.3"));
  EXPECT_FALSE(contains("127.0.0.1/8", "128.0.0.1"));
}

TEST(Cidr, NotANetwork) {
  for (const std::string_view text :
       {"", "/", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0.0/08", "10.0.0.0/8 ",
        "10.0.0.0 /8", "10.0.0.0/8/8", "10.0.0/8", "10.0.0.0/255.0.0.0", "10.0.0.0/0x8", "10.0.0.0/4294967304",
        "fd00::/129", "fd00::/1000", "example.com", "*"}) {
    EXPECT_FALSE(Cidr::parse(text)) << text;
  }
}

}  // namespace
}  // namespace crewship
