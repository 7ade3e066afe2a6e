#include <crewship/domain/address.hpp>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <span>
#include <string>

#include "address_bits.hpp"
#include "characters.hpp"

namespace crewship {
namespace {

constexpr std::size_t group_count = 8;

int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// A dotted quad without the leading zeros that some readers take for octal.
std::optional<std::array<std::uint8_t, 4>> parse_dotted_quad(std::string_view text) {
  std::array<std::uint8_t, 4> bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i > 0) {
      if (!text.starts_with('.')) return std::nullopt;
      text.remove_prefix(1);
    }
    int value = 0;
    std::size_t length = 0;
    while (length < text.size() && length < 3 && is_digit(text[length])) value = value * 10 + (text[length++] - '0');
    if (length == 0 || value > 255 || (length > 1 && text[0] == '0')) return std::nullopt;
    bytes[i] = static_cast<std::uint8_t>(value);
    text.remove_prefix(length);
  }
  if (!text.empty()) return std::nullopt;
  return bytes;
}

struct Groups {
  std::array<std::uint16_t, group_count> values{};
  std::size_t count = 0;

  bool add(unsigned value) {
    if (count == group_count) return false;
    values[count++] = static_cast<std::uint16_t>(value);
    return true;
  }
};

// Groups between colons, which may be none; a dotted quad may be the last two.
std::optional<Groups> parse_groups(std::string_view text, bool quad_allowed) {
  Groups groups;
  while (!text.empty()) {
    const auto colon = text.find(':');
    const auto part = text.substr(0, colon);
    if (colon == std::string_view::npos && quad_allowed && part.find('.') != std::string_view::npos) {
      const auto quad = parse_dotted_quad(part);
      if (!quad || !groups.add((*quad)[0] * 256U + (*quad)[1]) || !groups.add((*quad)[2] * 256U + (*quad)[3])) {
        return std::nullopt;
      }
      return groups;
    }
    if (part.empty() || part.size() > 4) return std::nullopt;
    unsigned value = 0;
    for (const char c : part) {
      const int digit = hex_value(c);
      if (digit < 0) return std::nullopt;
      value = value * 16 + static_cast<unsigned>(digit);
    }
    if (!groups.add(value)) return std::nullopt;
    if (colon == std::string_view::npos) return groups;
    text.remove_prefix(colon + 1);
    if (text.empty()) return std::nullopt;
  }
  return groups;
}

std::optional<std::array<std::uint8_t, 16>> parse_v6(std::string_view text) {
  const auto gap = text.find("::");
  const bool has_gap = gap != std::string_view::npos;
  const auto head = parse_groups(text.substr(0, gap), !has_gap);
  const auto tail = has_gap ? parse_groups(text.substr(gap + 2), true) : Groups{};
  if (!head || !tail) return std::nullopt;
  const auto written = head->count + tail->count;
  if (has_gap ? written >= group_count : written != group_count) return std::nullopt;
  std::array<std::uint16_t, group_count> all{};
  std::copy_n(head->values.begin(), head->count, all.begin());
  std::copy_n(tail->values.begin(), tail->count, all.end() - static_cast<std::ptrdiff_t>(tail->count));
  std::array<std::uint8_t, 16> bytes{};
  for (std::size_t i = 0; i < group_count; ++i) {
    bytes[2 * i] = static_cast<std::uint8_t>(all[i] >> 8U);
    bytes[2 * i + 1] = static_cast<std::uint8_t>(all[i] & 0xFFU);
  }
  return bytes;
}

std::string dotted_quad(const std::array<std::uint8_t, 16>& bytes) {
  auto text = std::to_string(bytes[12]);
  for (std::size_t i = 13; i < 16; ++i) text += '.' + std::to_string(bytes[i]);
  return text;
}

std::string hex(unsigned value) {
  std::array<char, 4> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value, 16).ptr;
  return {digits.data(), end};
}

// RFC 5952: lower case, no leading zeros, the first longest run of two or more zero groups as "::".
std::string v6_text(const std::array<std::uint8_t, 16>& bytes) {
  std::array<unsigned, group_count> groups{};
  for (std::size_t i = 0; i < group_count; ++i) groups[i] = bytes[2 * i] * 256U + bytes[2 * i + 1];
  std::size_t gap_begin = group_count;
  std::size_t gap_length = 1;
  for (std::size_t i = 0; i < group_count; ++i) {
    std::size_t length = 0;
    while (i + length < group_count && groups[i + length] == 0) ++length;
    if (length > gap_length) {
      gap_begin = i;
      gap_length = length;
    }
  }
  std::string text;
  for (std::size_t i = 0; i < group_count;) {
    if (i == gap_begin) {
      text += "::";
      i += gap_length;
      continue;
    }
    if (!text.empty() && !text.ends_with(':')) text += ':';
    text += hex(groups[i++]);
  }
  return text;
}

}  // namespace

bool is_v4_mapped(const IpAddress& address) {
  const auto& b = address.bytes;
  return std::all_of(b.begin(), b.begin() + 10, [](std::uint8_t byte) { return byte == 0; }) && b[10] == 0xFF &&
         b[11] == 0xFF;
}

IpAddress IpAddress::v4(std::array<std::uint8_t, 4> bytes) {
  IpAddress address;
  address.bytes[10] = address.bytes[11] = 0xFF;
  std::ranges::copy(bytes, address.bytes.begin() + 12);
  address.is_v4 = true;
  return address;
}

IpAddress IpAddress::v6(std::array<std::uint8_t, 16> bytes) { return {bytes, false}; }

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  if (const auto quad = parse_dotted_quad(text)) return v4(*quad);
  if (const auto bytes = parse_v6(text)) return v6(*bytes);
  return std::nullopt;
}

std::string IpAddress::text() const {
  if (is_v4) return dotted_quad(bytes);
  if (is_v4_mapped(*this)) return "::ffff:" + dotted_quad(bytes);
  return v6_text(bytes);
}

std::optional<Cidr> Cidr::parse(std::string_view text) {
  const auto slash = text.find('/');
  auto network = IpAddress::parse(text.substr(0, slash));
  if (!network) return std::nullopt;
  const int all_bits = network->is_v4 ? 32 : 128;
  int bits = all_bits;
  if (slash != std::string_view::npos) {
    const auto digits = text.substr(slash + 1);
    const bool padded = digits.size() > 1 && digits[0] == '0';
    if (digits.empty() || digits.size() > 3 || padded || !std::ranges::all_of(digits, is_digit)) return std::nullopt;
    std::from_chars(digits.data(), digits.data() + digits.size(), bits);
    if (bits > all_bits) return std::nullopt;
  }
  if (!network->is_v4 && is_v4_mapped(*network) && bits >= 96) {
    network->is_v4 = true;
    bits -= 96;
  }
  return Cidr{*network, bits};
}

bool Cidr::contains(const IpAddress& address) const {
  const bool address_is_v4 = address.is_v4 || is_v4_mapped(address);
  if (address_is_v4 != network.is_v4) return false;
  const std::size_t first = network.is_v4 ? 12 : 0;
  return same_first_bits(std::span(network.bytes).subspan(first), std::span(address.bytes).subspan(first), prefix_bits);
}

}  // namespace crewship
