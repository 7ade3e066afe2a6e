// The headers that let a receiver know that a delivery is ours: X-Crewship-* (HMAC-SHA256 over timestamp "." body, key
// = the literal secret, hex) and Standard Webhooks (HMAC-SHA256 over id "." timestamp "." body, key = the decoded
// secret, base64; https://github.com/standard-webhooks/standard-webhooks). Pure but for OpenSSL.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <crewship/base/crypto.hpp>
#include <crewship/base/random.hpp>

namespace crewship {

std::string make_signing_secret(Random& random);  // whsec_ + base64 of 32 bytes

// The keys of one secret, prepared once for many deliveries. Used by one thread at a time.
class Signer {
 public:
  // Nothing when the secret is not whsec_ and base64.
  static std::optional<Signer> from_secret(std::string_view secret);

  // The same headers as signature_headers.
  std::vector<std::pair<std::string, std::string>> headers(std::string_view delivery_id, std::string_view event,
                                                           std::int64_t unix_seconds, std::string_view body);

 private:
  Signer(std::string_view secret, std::string_view decoded) : literal_(secret), decoded_(decoded) {}
  HmacSha256 literal_;
  HmacSha256 decoded_;
};

// X-Crewship-Event, -Delivery, -Timestamp, -Signature, webhook-id, -timestamp, -signature; in this order. Throws
// std::invalid_argument when the secret is not whsec_ and base64.
std::vector<std::pair<std::string, std::string>> signature_headers(std::string_view secret,
                                                                   std::string_view delivery_id, std::string_view event,
                                                                   std::int64_t unix_seconds, std::string_view body);

// Each family of headers on its own, for who has only one of them.
struct SignatureReport {
  struct Family {
    bool present = false;   // its signature or its timestamp
    std::string complaint;  // empty: valid
  };
  Family own;
  Family standard;
  std::string problem;  // what concerns neither family alone
  std::string warning;  // what many receivers would not like

  bool checked() const { return own.present || standard.present; }
  bool valid() const { return checked() && problem.empty() && own.complaint.empty() && standard.complaint.empty(); }
};
SignatureReport examine_signature(std::string_view secret,
                                  const std::vector<std::pair<std::string, std::string>>& headers,
                                  std::string_view body, std::int64_t now_unix_seconds);

// What `crewshipd listen` says of a delivery it received: valid, or which step differs. Valid means both families; a
// timestamp that is more than five minutes off is only mentioned.
struct SignatureCheck {
  bool valid = false;
  std::string explanation;  // one line for people
};
SignatureCheck check_signature(std::string_view secret, const std::vector<std::pair<std::string, std::string>>& headers,
                               std::string_view body, std::int64_t now_unix_seconds);

}  // namespace crewship
