#include "egress.hpp"

namespace crewship {
namespace {

IpAddress to_domain(const asio::ip::address& address) {
  return address.is_v4() ? IpAddress::v4(address.to_v4().to_bytes()) : IpAddress::v6(address.to_v6().to_bytes());
}

}  // namespace

std::optional<std::string> refusal(const asio::ip::address& address, const std::vector<Cidr>& allow) {
  const IpAddress checked = to_domain(address);
  // A zone id says which link; nothing that needs one is anybody's to deliver to.
  if (address.is_v6() && address.to_v6().scope_id() != 0) return "an address with a zone id";
  if (may_dial(checked, allow)) return std::nullopt;
  return std::string(to_string(classify(checked))) + "; see delivery.allow";
}

}  // namespace crewship
