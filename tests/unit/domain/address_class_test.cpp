// The egress guard's table: each special block from its first to its last address, and its neighbours.
#include <optional>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include <crewship/domain/address.hpp>

namespace crewship {
namespace {

using enum AddressClass;

AddressClass class_of(std::string_view text) { return classify(IpAddress::parse(text).value()); }

void expect_class(std::string_view text, AddressClass expected) {
  EXPECT_EQ(to_string(class_of(text)), to_string(expected)) << text;
}

struct Range {
  std::string_view first, last;
  AddressClass address_class;
  // Of the addresses right before and after; none where there is no such address.
  std::string_view before, after;
  AddressClass class_before = global;
  AddressClass class_after = global;
};

void expect_ranges(const std::vector<Range>& ranges) {
  for (const auto& range : ranges) {
    expect_class(range.first, range.address_class);
    expect_class(range.last, range.address_class);
    if (!range.before.empty()) expect_class(range.before, range.class_before);
    if (!range.after.empty()) expect_class(range.after, range.class_after);
  }
}

TEST(Classify, V4) {
  expect_ranges({
      {"0.0.0.0", "0.0.0.0", unspecified, "", "0.0.0.1", global, reserved},
      {"0.0.0.1", "0.255.255.255", reserved, "", "1.0.0.0"},
      {"10.0.0.0", "10.255.255.255", private_network, "9.255.255.255", "11.0.0.0"},
      {"100.64.0.0", "100.127.255.255", carrier_grade_nat, "100.63.255.255", "100.128.0.0"},
      {"127.0.0.0", "127.255.255.255", loopback, "126.255.255.255", "128.0.0.0"},
      {"169.254.0.0", "169.254.255.255", link_local, "169.253.255.255", "169.255.0.0"},
      {"172.16.0.0", "172.31.255.255", private_network, "172.15.255.255", "172.32.0.0"},
      {"192.0.0.0", "192.0.0.255", reserved, "191.255.255.255", "192.0.1.0"},
      {"192.0.2.0", "192.0.2.255", reserved, "192.0.1.255", "192.0.3.0"},
      {"192.88.99.0", "192.88.99.255", reserved, "192.88.98.255", "192.88.100.0"},
      {"192.168.0.0", "192.168.255.255", private_network, "192.167.255.255", "192.169.0.0"},
      {"198.18.0.0", "198.19.255.255", reserved, "198.17.255.255", "198.20.0.0"},
      {"198.51.100.0", "198.51.100.255", reserved, "198.51.99.255", "198.51.101.0"},
      {"203.0.113.0", "203.0.113.255", reserved, "203.0.112.255", "203.0.114.0"},
      {"224.0.0.0", "239.255.255.255", multicast, "223.255.255.255", "240.0.0.0", global, reserved},
      {"240.0.0.0", "255.255.255.255", reserved, "", ""},
  });
}

TEST(Classify, V4CloudMetadata) {
  expect_ranges({
      {"169.254.169.254", "169.254.169.254", cloud_metadata, "169.254.169.253", "169.254.169.255", link_local,
       link_local},
      {"169.254.170.2", "169.254.170.2", cloud_metadata, "169.254.170.1", "169.254.170.3", link_local, link_local},
      {"169.254.170.23", "169.254.170.23", cloud_metadata, "169.254.170.22", "169.254.170.24", link_local, link_local},
      {"100.100.100.200", "100.100.100.200", cloud_metadata, "100.100.100.199", "100.100.100.201", carrier_grade_nat,
       carrier_grade_nat},
      {"168.63.129.16", "168.63.129.16", cloud_metadata, "168.63.129.15", "168.63.129.17"},
      {"192.0.0.192", "192.0.0.192", cloud_metadata, "192.0.0.191", "192.0.0.193", reserved, reserved},
  });
}

TEST(Classify, V4OfTheInternet) {
  for (const std::string_view text : {"1.1.1.1", "8.8.8.8", "93.184.216.34", "192.31.196.1", "203.0.114.1"}) {
    expect_class(text, global);
  }
}

TEST(Classify, V6) {
  expect_ranges({
      {"::", "::", unspecified, "", ""},
      {"::1", "::1", loopback, "", ""},
      {"fc00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", unique_local, "fbff:ffff::", "fe00::", reserved, reserved},
      {"fe80::", "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff", link_local, "fe7f:ffff::", "fec0::", reserved,
       private_network},
      {"fec0::", "feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", private_network, "", "ff00::", global, multicast},
      {"ff00::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", multicast, "", ""},
      {"2001:2::", "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff", reserved, "", "2001:200::"},
      {"2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", reserved, "2001:db7:ffff::", "2001:db9::"},
      {"2002:808:808::", "2002:808:808:ffff:ffff:ffff:ffff:ffff", reserved, "2001:ffff::", "2003::"},
      {"3fff::", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff", reserved, "3ffe:ffff::", "3fff:1000::"},
      {"100::", "100::ffff:ffff:ffff:ffff", reserved, "", "100:0:0:1::", global, reserved},
      {"5f00::", "5f00:ffff:ffff:ffff:ffff:ffff:ffff:ffff", reserved, "", ""},
      {"1:2::3", "1fff:ffff::", reserved, "", "2000::"},
      {"4000::", "fbff:ffff::", reserved, "3fff:ffff::", ""},
  });
  for (const std::string_view text :
       {"2000::1", "2606:4700:4700::1111", "2a00:1450:4001:800::200e", "2620:4f:8000::1"}) {
    expect_class(text, global);
  }
}

TEST(Classify, V6CloudMetadata) {
  expect_ranges({
      {"fd00:ec2::254", "fd00:ec2::254", cloud_metadata, "fd00:ec2::253", "fd00:ec2::255", unique_local, unique_local},
      {"fd00:ec2::23", "fd00:ec2::23", cloud_metadata, "fd00:ec2::22", "fd00:ec2::24", unique_local, unique_local},
      {"fd20:ce::254", "fd20:ce::254", cloud_metadata, "fd20:ce::253", "fd20:ce::255", unique_local, unique_local},
  });
}

TEST(Classify, AMappedAddressIsTheIpv4One) {
  expect_class("::ffff:127.0.0.1", loopback);
  expect_class("::ffff:10.0.0.1", private_network);
  expect_class("::ffff:169.254.169.254", cloud_metadata);
  expect_class("::ffff:0.0.0.0", unspecified);
  expect_class("::ffff:8.8.8.8", global);
}

TEST(Classify, Nat64IsAsGoodAsTheIpv4AddressInIt) {
  expect_class("64:ff9b::127.0.0.1", loopback);
  expect_class("64:ff9b::192.168.0.1", private_network);
  expect_class("64:ff9b::169.254.169.254", cloud_metadata);
  expect_class("64:ff9b::8.8.8.8", global);
  expect_class("64:ff9b::193.0.0.1", global);
  // Outside of the /96 the prefix has no meaning.
  expect_class("64:ff9b::1:808:808", reserved);
}

TEST(Classify, LocalNat64IsNeverGlobal) {
  expect_class("64:ff9b:1::8.8.8.8", reserved);
  expect_class("64:ff9b:1::127.0.0.1", loopback);
  expect_class("64:ff9b:1:8000::127.0.0.1", loopback);
  expect_class("64:ff9b:1:ffff:ffff:ffff:8.8.8.8", reserved);
  expect_class("64:ff9b:2::8.8.8.8", reserved);
}

TEST(Classify, ACompatibleOrTranslatedAddressIsNeverGlobal) {
  expect_class("::8.8.8.8", reserved);
  expect_class("::127.0.0.1", loopback);
  expect_class("::10.1.2.3", private_network);
  expect_class("::192.168.0.1", private_network);
  expect_class("::2", reserved);
  expect_class("::ffff:0:8.8.8.8", reserved);
  expect_class("::ffff:0:127.0.0.1", loopback);
  expect_class("::ffff:0:192.168.0.1", private_network);
}

TEST(Classify, SixToFour) {
  expect_class("2002:7f00:1::1", loopback);
  expect_class("2002:a00:1::1", private_network);
  expect_class("2002:a9fe:a9fe::", cloud_metadata);
  expect_class("2002:808:808::1", reserved);
  expect_class("2002:c100:1::1", reserved);
}

TEST(Classify, TeredoByItsServerAndItsObfuscatedClient) {
  // Server 8.8.8.8; the client's address is stored with every bit turned over.
  expect_class("2001:0:808:808:0:0:f7f7:f7f7", reserved);         // 8.8.8.8
  expect_class("2001:0:808:808:0:0:80ff:fffe", loopback);         // 127.0.0.1
  expect_class("2001:0:808:808:0:0:3f57:fefe", private_network);  // 192.168.1.1
  expect_class("2001:0:c100:1:0:0:80ff:fffe", loopback);
  expect_class("2001:0:a9fe:a9fe:0:0:f7f7:f7f7", cloud_metadata);
  expect_class("2001:0:7f00:1:0:0:f7f7:f7f7", loopback);
}

TEST(Classify, SaysInWordsWhatItIs) {
  EXPECT_EQ(to_string(class_of("127.0.0.1")), "a loopback address");
  EXPECT_EQ(to_string(class_of("10.0.0.1")), "a private address");
  EXPECT_EQ(to_string(class_of("169.254.1.1")), "a link-local address");
  EXPECT_EQ(to_string(class_of("fd00::1")), "a unique local address");
  EXPECT_EQ(to_string(class_of("224.0.0.1")), "a multicast address");
  EXPECT_EQ(to_string(class_of("::")), "the unspecified address");
  EXPECT_EQ(to_string(class_of("100.64.0.1")), "a carrier-grade NAT address");
  EXPECT_EQ(to_string(class_of("169.254.169.254")), "a cloud metadata address");
  EXPECT_EQ(to_string(class_of("192.0.2.1")), "a reserved address");
  EXPECT_EQ(to_string(class_of("8.8.8.8")), "a global address");
}

bool dialable(std::string_view address, const std::vector<std::string_view>& allowed = {}) {
  std::vector<Cidr> cidrs;
  cidrs.reserve(allowed.size());
  for (const auto text : allowed) cidrs.push_back(Cidr::parse(text).value());
  return may_dial(IpAddress::parse(address).value(), cidrs);
}

TEST(MayDial, GlobalAddressesAlone) {
  EXPECT_TRUE(dialable("93.184.216.34"));
  EXPECT_TRUE(dialable("2606:4700::1"));
  EXPECT_TRUE(dialable("64:ff9b::8.8.8.8"));
  for (const std::string_view text :
       {"127.0.0.1", "10.0.0.1", "169.254.1.1", "fd00::1", "224.0.0.1", "0.0.0.0", "::", "100.64.0.1",
        "169.254.169.254", "192.0.2.1", "::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "fe80::1"}) {
    EXPECT_FALSE(dialable(text)) << text;
  }
}

TEST(MayDial, WhatIsListed) {
  EXPECT_TRUE(dialable("127.0.0.1", {"127.0.0.0/8"}));
  EXPECT_TRUE(dialable("::1", {"127.0.0.0/8", "::1/128"}));
  EXPECT_TRUE(dialable("10.1.2.3", {"192.168.0.0/16", "10.0.0.0/8"}));
  EXPECT_FALSE(dialable("10.1.2.3", {"127.0.0.0/8", "192.168.0.0/16"}));
  EXPECT_FALSE(dialable("::1", {"127.0.0.0/8"}));
  EXPECT_TRUE(dialable("93.184.216.34", {"127.0.0.0/8"}));
}

// As docs/security.md tells operators.
TEST(MayDial, WhatEmbedsAnIpv4AddressIsListedAsAnIpv6OneAlone) {
  for (const std::string_view text : {"64:ff9b::10.0.0.1", "2002:a00:1::1", "::10.0.0.1"}) {
    EXPECT_FALSE(dialable(text, {"10.0.0.0/8", "0.0.0.0/0"})) << text;
    EXPECT_TRUE(dialable(text, {"::/0"})) << text;
  }
  EXPECT_FALSE(dialable("10.0.0.1", {"::/0"}));
  EXPECT_TRUE(dialable("::1", {"::/0"}));
}

TEST(MayDial, AMappedAddressCountsAsTheIpv4One) {
  EXPECT_TRUE(dialable("::ffff:127.0.0.1", {"127.0.0.0/8"}));
  EXPECT_FALSE(dialable("::ffff:127.0.0.1", {"::/0"}));
}

TEST(MayDial, OtherFormsOfAListedAddressAreNotListed) {
  for (const std::string_view text : {"64:ff9b::7f00:1", "::7f00:1", "2002:7f00:1::", "64:ff9b:1::7f00:1"}) {
    EXPECT_FALSE(dialable(text, {"127.0.0.0/8"})) << text;
  }
}

TEST(MayDial, CloudMetadataNeedsAListedNetworkToo) {
  EXPECT_FALSE(dialable("169.254.169.254", {"10.0.0.0/8"}));
  EXPECT_TRUE(dialable("169.254.169.254", {"169.254.169.254"}));
  EXPECT_TRUE(dialable("fd00:ec2::254", {"fd00::/8"}));
}

}  // namespace
}  // namespace crewship
