// Which IP addresses a delivery may be sent to. Pure rules over the IANA special-purpose registries (RFC 6890, RFC
// 8190), including the IPv6 forms that carry an IPv4 address: mapped, compatible, NAT64 (RFC 6052, RFC 8215), 6to4,
// Teredo.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace crewship {

// An IPv4 address is kept as its IPv4-mapped IPv6 form with `is_v4` set.
struct IpAddress {
  std::array<std::uint8_t, 16> bytes{};
  bool is_v4 = false;

  static IpAddress v4(std::array<std::uint8_t, 4> bytes);
  static IpAddress v6(std::array<std::uint8_t, 16> bytes);
  static std::optional<IpAddress> parse(std::string_view text);  // strict dotted quad, or RFC 4291 text without a zone
  std::string text() const;
  bool operator==(const IpAddress&) const = default;
};

enum class AddressClass {
  global,
  loopback,
  private_network,
  link_local,
  unique_local,
  multicast,
  unspecified,
  carrier_grade_nat,
  cloud_metadata,
  reserved,  // documentation, benchmarking, broadcast and everything else that is not globally reachable
};
std::string_view to_string(AddressClass address_class);  // in words: "a loopback address"

// An address that embeds an IPv4 one is classified as the worse of both.
AddressClass classify(const IpAddress& address);

struct Cidr {
  IpAddress network;
  int prefix_bits = 0;                                      // of 32 for IPv4, of 128 for IPv6
  static std::optional<Cidr> parse(std::string_view text);  // "10.0.0.0/8", "fd00::/8", or a single address
  bool contains(const IpAddress& address) const;
};

// True when the address is global, or listed (an IPv4-mapped address counts as the IPv4 one).
bool may_dial(const IpAddress& address, const std::vector<Cidr>& allowed);

}  // namespace crewship
