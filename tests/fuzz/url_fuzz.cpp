// The URL of a target and the egress check: whatever is accepted must be read the same way by everybody, above all by
// the C library, whose lenient reading of numbers is how forbidden addresses get past other guards.
#include <algorithm>
#include <string>

#include <arpa/inet.h>

#include <crewship/delivery/target_rules.hpp>
#include <crewship/domain/address.hpp>
#include <crewship/http/url.hpp>

#include "fuzz.hpp"

namespace {

using namespace crewship;
using fuzzing::require;

void check_url(std::string_view text) {
  const auto url = TargetUrl::parse(text);
  require(url.has_value() || !url.error().message.empty(), "a refusal says why");
  const bool allowed = check_target_url(text, {}).has_value();
  require(url || !allowed, "what is no URL is not allowed");
  if (!url) return;
  require(url->port != 0 && !url->host.empty() && url->target.starts_with('/'), "a whole URL");
  require(std::ranges::all_of(url->host + url->target, [](char c) { return c > ' ' && c < 0x7f; }), "plain ASCII");
  const auto again = TargetUrl::parse((url->tls ? "https://" : "http://") + url->authority() + url->target);
  require(again && again->host == url->host && again->port == url->port && again->target == url->target &&
              again->literal == url->literal,
          "what is sent is read as the same URL");
  if (url->literal) {
    const auto address = IpAddress::parse(url->host);
    require(address && may_dial(*address, {}) == allowed, "an address is allowed exactly when it may be dialled");
    return;
  }
  in_addr ignored{};
  in6_addr ignored6{};
  require(::inet_aton(url->host.c_str(), &ignored) == 0, "a name that is no number to the C library");
  require(::inet_pton(AF_INET6, url->host.c_str(), &ignored6) == 0, "a name that is no IPv6 address");
}

void check_address(std::string_view text) {
  const auto ours = IpAddress::parse(text);
  boost::system::error_code error;
  const auto theirs = asio::ip::make_address(std::string(text), error);
  const bool zone = text.find('%') != std::string_view::npos;
  const bool whole = text.find('\0') == std::string_view::npos;
  if (whole && !zone) require(!ours || !error, "an address to us is one to the C library");
  if (!ours || error) return;
  const auto bytes =
      theirs.is_v4() ? IpAddress::v4(theirs.to_v4().to_bytes()) : IpAddress::v6(theirs.to_v6().to_bytes());
  require(*ours == bytes, "and the same one");
  require(IpAddress::parse(ours->text()) == ours, "its text is its text");
}

void check_network(std::string_view text) {
  const auto network = Cidr::parse(text);
  if (!network) return;
  // An IPv6 network covers no IPv4 address, mapped or not, however short its prefix is (docs/security.md).
  const bool around_ipv4 = !network->network.is_v4 && network->prefix_bits < 96;
  if (!around_ipv4) require(network->contains(network->network), "a network contains its own address");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = fuzzing::text_of(data, size);
  check_url(text);
  check_url("http://" + std::string(text) + "/");
  check_address(text);
  check_network(text);
  return 0;
}
