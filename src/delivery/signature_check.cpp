#include <charconv>
#include <cstdlib>
#include <optional>
#include <string>

#include <crewship/base/crypto.hpp>
#include <crewship/delivery/signing.hpp>
#include <crewship/http/message.hpp>

#include "signer.hpp"

namespace crewship {
namespace {

// What Standard Webhooks libraries tolerate between the receiver's clock and the timestamp.
constexpr std::int64_t tolerance_seconds = 300;

SignatureCheck differs(std::string explanation) { return {.valid = false, .explanation = "INVALID: " + explanation}; }

std::optional<std::int64_t> parse_seconds(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// Separated by spaces, one for each secret that is valid at the moment.
bool any_equal(std::string_view list, std::string_view expected) {
  while (!list.empty()) {
    const std::size_t space = list.find(' ');
    if (constant_time_equal(list.substr(0, space), expected)) return true;
    list = space == std::string_view::npos ? std::string_view() : list.substr(space + 1);
  }
  return false;
}

}  // namespace

SignatureCheck check_signature(std::string_view secret, const std::vector<std::pair<std::string, std::string>>& headers,
                               std::string_view body, std::int64_t now_unix_seconds) {
  std::string_view values[6];
  constexpr std::string_view names[6] = {"X-Crewship-Timestamp", "X-Crewship-Signature", "X-Crewship-Delivery",
                                         "webhook-id",           "webhook-timestamp",    "webhook-signature"};
  for (std::size_t i = 0; i < std::size(names); ++i) {
    const auto value = find_header(headers, names[i]);
    if (!value) return differs("the header " + std::string(names[i]) + " is missing");
    values[i] = *value;
  }
  const auto& [timestamp, signature, delivery, standard_id, standard_timestamp, standard_signature] = values;

  const auto seconds = parse_seconds(timestamp);
  if (!seconds) return differs("X-Crewship-Timestamp is not a number of seconds");
  if (!signature.starts_with("sha256=")) return differs("X-Crewship-Signature does not begin with sha256=");
  if (!secret.starts_with(signing_secret_prefix)) {
    return differs("the secret does not begin with whsec_; copy it whole, prefix included");
  }
  Signer signer(secret);
  if (!constant_time_equal(signature, signer.crewship_signature(timestamp, body))) {
    return differs("X-Crewship-Signature differs: another secret, or the body was changed on the way");
  }
  if (standard_id != delivery) return differs("webhook-id is not X-Crewship-Delivery");
  if (standard_timestamp != timestamp) return differs("webhook-timestamp is not X-Crewship-Timestamp");
  if (!any_equal(standard_signature, signer.standard_signature(standard_id, standard_timestamp, body))) {
    return differs("X-Crewship-Signature is right, but webhook-signature differs");
  }
  if (std::llabs(now_unix_seconds - *seconds) > tolerance_seconds) {
    return differs("the signature is right, but its timestamp is more than 5 minutes from this machine's clock");
  }
  return {.valid = true, .explanation = "valid"};
}

}  // namespace crewship
