#include <crewship/delivery/signing.hpp>

#include "signer.hpp"

namespace crewship {
namespace {

constexpr std::size_t secret_key_bytes = 32;

// The key of Standard Webhooks is what the part after whsec_ encodes; a secret of another form is its own key.
std::string standard_key(std::string_view secret) {
  if (secret.starts_with(signing_secret_prefix)) secret.remove_prefix(signing_secret_prefix.size());
  return base64_decode(secret).value_or(std::string(secret));
}

}  // namespace

Signer::Signer(std::string_view secret) : crewship_(secret), standard_(standard_key(secret)) {}

std::string Signer::crewship_signature(std::string_view timestamp, std::string_view body) {
  return "sha256=" + to_hex(crewship_.sign(timestamp, ".", body));
}

std::string Signer::standard_signature(std::string_view id, std::string_view timestamp, std::string_view body) {
  return "v1," + base64_encode(standard_.sign(id, ".", timestamp, ".", body));
}

std::vector<std::pair<std::string, std::string>> Signer::headers(std::string_view delivery_id, std::string_view event,
                                                                 std::int64_t unix_seconds, std::string_view body) {
  const std::string timestamp = std::to_string(unix_seconds);
  return {{"X-Crewship-Event", std::string(event)},
          {"X-Crewship-Delivery", std::string(delivery_id)},
          {"X-Crewship-Timestamp", timestamp},
          {"X-Crewship-Signature", crewship_signature(timestamp, body)},
          {"webhook-id", std::string(delivery_id)},
          {"webhook-timestamp", timestamp},
          {"webhook-signature", standard_signature(delivery_id, timestamp, body)}};
}

std::string make_signing_secret(Random& random) {
  return std::string(signing_secret_prefix) + base64_encode(random.bytes(secret_key_bytes));
}

std::vector<std::pair<std::string, std::string>> signature_headers(std::string_view secret,
                                                                   std::string_view delivery_id, std::string_view event,
                                                                   std::int64_t unix_seconds, std::string_view body) {
  return Signer(secret).headers(delivery_id, event, unix_seconds, body);
}

}  // namespace crewship
