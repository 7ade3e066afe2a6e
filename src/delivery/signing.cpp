#include <crewship/delivery/signing.hpp>

#include <stdexcept>

namespace crewship {
namespace {

constexpr std::string_view prefix = "whsec_";
constexpr std::size_t key_bytes = 32;

}  // namespace

std::string make_signing_secret(Random& random) { return std::string(prefix) + base64_encode(random.bytes(key_bytes)); }

std::optional<Signer> Signer::from_secret(std::string_view secret) {
  if (!secret.starts_with(prefix)) return std::nullopt;
  const auto decoded = base64_decode(secret.substr(prefix.size()));
  if (!decoded || decoded->empty()) return std::nullopt;
  return Signer(secret, *decoded);
}

std::vector<std::pair<std::string, std::string>> Signer::headers(std::string_view delivery_id, std::string_view event,
                                                                 std::int64_t unix_seconds, std::string_view body) {
  const std::string id(delivery_id);
  const std::string timestamp = std::to_string(unix_seconds);
  std::string own = "sha256=" + to_hex(literal_.sign(timestamp, ".", body));
  std::string standard = "v1," + base64_encode(decoded_.sign(id, ".", timestamp, ".", body));
  std::vector<std::pair<std::string, std::string>> headers;
  headers.reserve(7);
  headers.emplace_back("X-Crewship-Event", event);
  headers.emplace_back("X-Crewship-Delivery", id);
  headers.emplace_back("X-Crewship-Timestamp", timestamp);
  headers.emplace_back("X-Crewship-Signature", std::move(own));
  headers.emplace_back("webhook-id", id);
  headers.emplace_back("webhook-timestamp", timestamp);
  headers.emplace_back("webhook-signature", std::move(standard));
  return headers;
}

std::vector<std::pair<std::string, std::string>> signature_headers(std::string_view secret,
                                                                   std::string_view delivery_id, std::string_view event,
                                                                   std::int64_t unix_seconds, std::string_view body) {
  auto signer = Signer::from_secret(secret);
  if (!signer) throw std::invalid_argument("a signing secret is whsec_ and base64");
  return signer->headers(delivery_id, event, unix_seconds, body);
}

}  // namespace crewship
