#include <algorithm>
#include <charconv>
#include <initializer_list>
#include <optional>

#include <crewship/delivery/signing.hpp>
#include <crewship/domain/json.hpp>
#include <crewship/http/message.hpp>

namespace crewship {
namespace {

constexpr std::int64_t tolerance_seconds = 300;  // what Standard Webhooks' own libraries allow

using Complaint = std::optional<std::string>;

std::optional<std::int64_t> whole_number(std::string_view text) {
  std::int64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || stop != end) return std::nullopt;
  return value;
}

struct Keys {
  std::string literal;
  std::string decoded;
};

std::string own_signature(std::string_view key, std::string_view timestamp, std::string_view body) {
  return "sha256=" + to_hex(HmacSha256(key).sign(timestamp, ".", body));
}

std::string standard_signature(std::string_view key, std::string_view id, std::string_view timestamp,
                               std::string_view body) {
  return "v1," + base64_encode(HmacSha256(key).sign(id, ".", timestamp, ".", body));
}

std::string missing(std::string_view name) { return "the header " + std::string(name) + " is missing"; }

// A signature that does not match says nothing; but most mistakes are one of a few, and those can be tried.
std::string explain_own(const Keys& keys, std::string_view given, std::string_view timestamp, std::string_view body,
                        std::optional<std::string_view> other_timestamp) {
  std::string lower(given);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'F') c = static_cast<char>(c - 'A' + 'a');
  }
  if (lower == own_signature(keys.literal, timestamp, body)) return "its hex digits must be lower case";
  if (given == own_signature(keys.decoded, timestamp, body)) {
    return "it was made with the decoded secret; the key is the secret as it is written, whsec_ included";
  }
  if (given == "sha256=" + to_hex(HmacSha256(keys.literal).sign(body))) {
    return "it was made over the body alone; it must be made over the timestamp, a dot and the body";
  }
  if (other_timestamp && given == own_signature(keys.literal, *other_timestamp, body)) {
    return "X-Crewship-Timestamp is not the one that was signed";
  }
  if (body.ends_with('\n') && given == own_signature(keys.literal, timestamp, body.substr(0, body.size() - 1))) {
    return "a line break was added to the body";
  }
  const auto as_sent = javascript_json(body);
  if (as_sent && *as_sent != body && given == own_signature(keys.literal, timestamp, *as_sent)) {
    return "the body was parsed and written again; what was signed are the bytes as they were sent";
  }
  std::string guess = "the body was changed on the way, or it was signed with another secret";
  if (as_sent && *as_sent == body) {
    guess += "; it looks as crewshipd writes it, so the secret is most likely another webhook's or an old one";
  }
  return guess;
}

Complaint check_own(const Keys& keys, const Headers& headers, std::string_view body) {
  const auto timestamp = find_header(headers, "X-Crewship-Timestamp");
  const auto given = find_header(headers, "X-Crewship-Signature");
  if (!timestamp) return missing("X-Crewship-Timestamp");
  if (!given) return missing("X-Crewship-Signature");
  if (!whole_number(*timestamp)) return "X-Crewship-Timestamp is not a whole number of seconds";
  if (!given->starts_with("sha256=")) return "X-Crewship-Signature does not begin with sha256=";
  if (given->size() != std::string_view("sha256=").size() + 64) {
    return "X-Crewship-Signature does not have 64 hex digits behind sha256=";
  }
  if (constant_time_equal(*given, own_signature(keys.literal, *timestamp, body))) return std::nullopt;
  return "X-Crewship-Signature does not match: " +
         explain_own(keys, *given, *timestamp, body, find_header(headers, "webhook-timestamp"));
}

Complaint check_standard(const Keys& keys, const Headers& headers, std::string_view body) {
  const auto id = find_header(headers, "webhook-id");
  const auto timestamp = find_header(headers, "webhook-timestamp");
  const auto given = find_header(headers, "webhook-signature");
  if (!id) return missing("webhook-id");
  if (!timestamp) return missing("webhook-timestamp");
  if (!given) return missing("webhook-signature");
  if (!whole_number(*timestamp)) return "webhook-timestamp is not a whole number of seconds";

  const std::string expected = standard_signature(keys.decoded, *id, *timestamp, body);
  const std::string with_literal = standard_signature(keys.literal, *id, *timestamp, body);
  bool has_version = false;
  bool literal_key = false;
  for (std::string_view rest = *given; !rest.empty();) {  // one or more, separated by spaces
    const std::string_view one = rest.substr(0, rest.find(' '));
    rest.remove_prefix(std::min(rest.size(), one.size() + 1));
    if (constant_time_equal(one, expected)) return std::nullopt;
    has_version = has_version || one.starts_with("v1,");
    literal_key = literal_key || one == with_literal;
  }
  if (!has_version) return "webhook-signature has no signature of version v1";
  if (literal_key) {
    return "webhook-signature does not match: it was made with the secret as it is written; the key is its decoded "
           "part";
  }
  return "webhook-signature does not match: the body, webhook-id or webhook-timestamp was changed on the way, or it "
         "was "
         "signed with another secret";
}

std::string age_warning(const Headers& headers, std::int64_t now) {
  auto given = find_header(headers, "X-Crewship-Timestamp");
  if (!given) given = find_header(headers, "webhook-timestamp");
  const auto sent = whole_number(given.value_or("")).value_or(now);
  if (sent < now - tolerance_seconds) {
    return "its timestamp is more than 5 minutes old: many receivers would refuse it";
  }
  if (sent > now + tolerance_seconds) {
    return "its timestamp is more than 5 minutes in the future: many receivers would refuse it; compare the clocks";
  }
  return "";
}

bool has_one(const Headers& headers, std::initializer_list<std::string_view> names) {
  return std::ranges::any_of(names, [&](std::string_view name) { return find_header(headers, name).has_value(); });
}

SignatureCheck invalid(std::string_view why) { return {false, "INVALID: " + std::string(why)}; }

}  // namespace

SignatureReport examine_signature(std::string_view secret, const Headers& headers, std::string_view body,
                                  std::int64_t now_unix_seconds) {
  constexpr std::string_view prefix = "whsec_";
  SignatureReport report;
  const auto decoded = secret.starts_with(prefix) ? base64_decode(secret.substr(prefix.size())) : std::nullopt;
  if (!decoded || decoded->empty()) {
    report.problem = "the secret to check with is not whsec_ and base64; copy it whole, whsec_ included";
    return report;
  }
  if (!has_one(headers, {"X-Crewship-Signature", "webhook-signature"})) {
    report.problem = "there is no signature: it was not sent by crewshipd, or a proxy removed the headers";
    return report;
  }
  const Keys keys{std::string(secret), *decoded};
  report.own.present = has_one(headers, {"X-Crewship-Signature", "X-Crewship-Timestamp"});
  report.standard.present = has_one(headers, {"webhook-signature", "webhook-timestamp", "webhook-id"});
  if (report.own.present) report.own.complaint = check_own(keys, headers, body).value_or("");
  if (report.standard.present) report.standard.complaint = check_standard(keys, headers, body).value_or("");
  const auto delivery = find_header(headers, "X-Crewship-Delivery");
  const auto id = find_header(headers, "webhook-id");
  if (report.valid() && delivery && id && *delivery != *id) {
    report.problem = "X-Crewship-Delivery is not the id that was signed, which is in webhook-id";
  }
  if (report.valid()) report.warning = age_warning(headers, now_unix_seconds);
  return report;
}

SignatureCheck check_signature(std::string_view secret, const std::vector<std::pair<std::string, std::string>>& headers,
                               std::string_view body, std::int64_t now_unix_seconds) {
  const SignatureReport report = examine_signature(secret, headers, body, now_unix_seconds);
  if (!report.problem.empty()) return invalid(report.problem);
  const std::string own = report.own.present ? report.own.complaint : missing("X-Crewship-Timestamp");
  const std::string standard = report.standard.present ? report.standard.complaint : missing("webhook-id");
  if (!own.empty()) return invalid(standard.empty() ? own + " (webhook-signature is valid)" : own);
  if (!standard.empty()) return invalid(standard + " (X-Crewship-Signature is valid)");
  if (!find_header(headers, "X-Crewship-Delivery")) {
    return invalid("X-Crewship-Delivery is not the id that was signed, which is in webhook-id");
  }
  return {true, report.warning.empty() ? "valid" : "valid, but " + report.warning};
}

}  // namespace crewship
