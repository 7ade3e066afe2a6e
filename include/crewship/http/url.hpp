// The URL of a delivery's target. Stricter than RFC 3986: http or https, a host, no user info, no fragment, nothing
// that two parsers could read differently (white space, backslashes, control characters, numeric hosts other than a
// plain dotted quad, escapes in the host, zone ids). Pure. Path and query stay byte for byte as they were given.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <boost/asio/ip/address.hpp>

#include <crewship/base/asio.hpp>
#include <crewship/base/error.hpp>

namespace crewship {

struct TargetUrl {
  bool tls = false;
  std::string host;     // lower case, without brackets; ASCII (IDN in its xn-- form); without the dot at its end
  bool rooted = false;  // the name ended with a dot: looked up as it is, without search domains
  std::uint16_t port = 0;
  std::string target;                        // path and query as sent in the request line, "/" when empty
  std::optional<asio::ip::address> literal;  // when the host is an address
  std::string authority() const;             // Host header: port only when it is not the scheme's

  // Error: invalid "invalid_url" with a sentence for people, field left empty.
  static Result<TargetUrl> parse(std::string_view text);
};

}  // namespace crewship
