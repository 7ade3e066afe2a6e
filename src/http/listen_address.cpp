// ListenAddress: what stands behind `listen` in the configuration.
#include <array>
#include <charconv>

#include <boost/asio/ip/address.hpp>

#include <crewship/http/server.hpp>

namespace crewship {
namespace {

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const char* const end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, port);
  if (text.empty() || error != std::errc() || stopped != end) return std::nullopt;
  return port;
}

std::optional<asio::ip::address> parse_host(std::string_view host) {
  boost::system::error_code error;
  auto address = asio::ip::make_address(host, error);
  if (error) return std::nullopt;
  return address;
}

}  // namespace

std::optional<ListenAddress> ListenAddress::parse(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto port = parse_port(text.substr(colon + 1));
  if (!port) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  if (host == "localhost") return ListenAddress{.host = std::string(host), .port = *port};
  const bool bracketed = host.starts_with('[') && host.ends_with(']');
  if (bracketed) host = host.substr(1, host.size() - 2);
  const auto address = parse_host(host);
  if (!address || address->is_v6() != bracketed) return std::nullopt;
  return ListenAddress{.host = std::string(host), .port = *port};
}

bool ListenAddress::is_loopback() const {
  if (host == "localhost") return true;
  const auto address = parse_host(host);
  if (!address) return false;
  if (address->is_v6() && address->to_v6().is_v4_mapped())
    return asio::ip::make_address_v4(asio::ip::v4_mapped, address->to_v6()).is_loopback();
  return address->is_loopback();
}

std::vector<asio::ip::tcp::endpoint> ListenAddress::endpoints() const {
  if (host == "localhost") return {{asio::ip::address_v4::loopback(), port}, {asio::ip::address_v6::loopback(), port}};
  const auto address = parse_host(host);
  if (!address) return {};
  return {{*address, port}};
}

std::string ListenAddress::text() const {
  const bool is_v6 = host.find(':') != std::string::npos;
  return (is_v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

}  // namespace crewship
