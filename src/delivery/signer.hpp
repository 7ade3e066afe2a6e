// Signs one webhook's deliveries: both keys prepared once. Not for use by two threads at a time.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <crewship/base/crypto.hpp>

namespace crewship {

inline constexpr std::string_view signing_secret_prefix = "whsec_";

class Signer {
 public:
  explicit Signer(std::string_view secret);

  // "sha256=" and the hex HMAC of timestamp "." body.
  std::string crewship_signature(std::string_view timestamp, std::string_view body);
  // "v1," and the base64 HMAC of id "." timestamp "." body.
  std::string standard_signature(std::string_view id, std::string_view timestamp, std::string_view body);
  // What signature_headers() returns.
  std::vector<std::pair<std::string, std::string>> headers(std::string_view delivery_id, std::string_view event,
                                                           std::int64_t unix_seconds, std::string_view body);

 private:
  HmacSha256 crewship_;
  HmacSha256 standard_;
};

}  // namespace crewship
