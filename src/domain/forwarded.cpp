#include <crewship/domain/forwarded.hpp>

#include <algorithm>
#include <optional>
#include <ranges>

namespace crewship {
namespace {

std::string_view trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

bool is_port(std::string_view text) {
  return !text.empty() && text.size() <= 5 && text.find_first_not_of("0123456789") == std::string_view::npos;
}

// "192.0.2.1", "2001:db8::1", and with the port that some proxies add: "192.0.2.1:4711", "[2001:db8::1]:4711".
std::optional<IpAddress> parse_element(std::string_view text) {
  if (text.starts_with('[')) {
    const auto end = text.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    const auto rest = text.substr(end + 1);
    if (!rest.empty() && !(rest.starts_with(':') && is_port(rest.substr(1)))) return std::nullopt;
    const auto address = IpAddress::parse(text.substr(1, end - 1));
    return address && !address->is_v4 ? address : std::nullopt;
  }
  const auto colon = text.find(':');
  const bool has_port = colon != std::string_view::npos && colon == text.rfind(':');
  if (has_port && !is_port(text.substr(colon + 1))) return std::nullopt;
  return IpAddress::parse(has_port ? text.substr(0, colon) : text);
}

bool is_trusted(const IpAddress& address, const std::vector<Cidr>& trusted) {
  return std::ranges::any_of(trusted, [&](const Cidr& network) { return network.contains(address); });
}

}  // namespace

IpAddress client_address(const IpAddress& peer, std::span<const std::string_view> forwarded_for,
                         const std::vector<Cidr>& trusted_proxies) {
  IpAddress client = peer;
  for (std::string_view line : std::views::reverse(forwarded_for)) {
    while (!line.empty()) {
      const auto comma = line.rfind(',');
      const bool last = comma == std::string_view::npos;
      const auto element = trimmed(last ? line : line.substr(comma + 1));
      line = last ? std::string_view() : line.substr(0, comma);
      if (element.empty()) continue;  // RFC 9110, section 5.6.1.2: an empty element is none
      if (!is_trusted(client, trusted_proxies)) return client;
      const auto address = parse_element(element);
      if (!address) return client;
      client = *address;
    }
  }
  return client;
}

}  // namespace crewship
