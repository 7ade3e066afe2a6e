// What address.cpp and address_class.cpp share: comparing the first bits of addresses. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include <crewship/domain/address.hpp>

namespace crewship {

// In ::ffff:0:0/96, which holds every IpAddress with `is_v4` and the IPv6 text forms of them (RFC 4291 §2.5.5.2).
bool is_v4_mapped(const IpAddress& address);

// Precondition: both are of one size, and it has that many bits.
inline bool same_first_bits(std::span<const std::uint8_t> left, std::span<const std::uint8_t> right, int bits) {
  for (std::size_t i = 0; bits > 0; ++i, bits -= 8) {
    const int ignored = bits < 8 ? 8 - bits : 0;
    if ((left[i] >> ignored) != (right[i] >> ignored)) return false;
  }
  return true;
}

}  // namespace crewship
