#include "trusted_proxies.hpp"

#include <algorithm>
#include <string_view>

#include <crewship/domain/forwarded.hpp>

namespace crewship {
namespace {

IpAddress from_asio(const asio::ip::address& address) {
  return address.is_v4() ? IpAddress::v4(address.to_v4().to_bytes()) : IpAddress::v6(address.to_v6().to_bytes());
}

asio::ip::address to_asio(const IpAddress& address) {
  if (!address.is_v4) return asio::ip::address_v6(address.bytes);
  asio::ip::address_v4::bytes_type bytes{};
  std::ranges::copy_n(address.bytes.begin() + 12, 4, bytes.begin());
  return asio::ip::address_v4(bytes);
}

bool is_forwarded_for(std::string_view name) {
  constexpr std::string_view wanted = "x-forwarded-for";
  return std::ranges::equal(name, wanted, [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a + 32 : a) == b; });
}

}  // namespace

void believe_proxies(Request& request, const std::vector<Cidr>& trusted_proxies) {
  if (trusted_proxies.empty()) return;
  std::vector<std::string_view> lines;
  for (const auto& [name, value] : request.headers) {
    if (is_forwarded_for(name)) lines.emplace_back(value);
  }
  const IpAddress peer = from_asio(request.peer.address());
  const IpAddress client = client_address(peer, lines, trusted_proxies);
  if (client != peer) request.peer = {to_asio(client), 0};
}

}  // namespace crewship
