#include "egress.hpp"

namespace crewship {

std::optional<std::string> refused_kind(const asio::ip::address& address, const std::vector<Cidr>& allow) {
  const IpAddress ours =
      address.is_v4() ? IpAddress::v4(address.to_v4().to_bytes()) : IpAddress::v6(address.to_v6().to_bytes());
  if (may_dial(ours, allow)) return std::nullopt;
  return std::string(to_string(classify(ours)));
}

}  // namespace crewship
