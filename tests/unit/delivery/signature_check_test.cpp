#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <crewship/base/crypto.hpp>
#include <crewship/delivery/signing.hpp>

namespace crewship {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

using HeaderList = std::vector<std::pair<std::string, std::string>>;

constexpr std::int64_t checked_at = 1736937000;
const std::string webhook_secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const std::string other_secret = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
const std::string body = R"({"event":"run.succeeded"})";

// A delivery as it should arrive, and ways to spoil it.
struct Received {
  std::string with_secret = webhook_secret;
  HeaderList headers = signature_headers(webhook_secret, "dlv_1", "run.succeeded", checked_at, body);
  std::string content = body;
  std::int64_t at = checked_at;

  std::string& header(std::string_view name) {
    for (auto& [known, value] : headers)
      if (known == name) return value;
    return headers.emplace_back(std::string(name), "").second;
  }
  void drop(std::string_view name) {
    std::erase_if(headers, [name](const auto& header) { return header.first == name; });
  }
  SignatureCheck check() const { return check_signature(with_secret, headers, content, at); }
};

std::string own(std::string_view key, std::string_view message) {
  return "sha256=" + to_hex(HmacSha256(key).sign(message));
}
std::string decoded_secret() { return base64_decode(webhook_secret.substr(6)).value(); }
std::string signed_text() { return std::to_string(checked_at) + "." + body; }

TEST(SignatureCheck, SaysValid) {
  const SignatureCheck check = Received().check();
  EXPECT_TRUE(check.valid);
  EXPECT_EQ(check.explanation, "valid");
}

TEST(SignatureCheck, FindsHeadersInAnyCase) {
  Received received;
  for (auto& [name, value] : received.headers)
    for (char& c : name) c = static_cast<char>(std::tolower(c));
  EXPECT_TRUE(received.check().valid);
}

TEST(SignatureCheck, TakesOneOfSeveralSignatures) {
  Received received;
  received.header("webhook-signature").insert(0, "v1,AAAA v2,BBBB ");
  EXPECT_TRUE(received.check().valid);
}

TEST(SignatureCheck, WarnsOfATimestampThatManyWouldRefuse) {
  Received received;
  received.at = checked_at + 300;
  EXPECT_EQ(received.check().explanation, "valid");
  received.at = checked_at + 301;
  EXPECT_TRUE(received.check().valid);
  EXPECT_THAT(received.check().explanation, StartsWith("valid, but its timestamp is more than 5 minutes old"));
  received.at = checked_at - 301;
  EXPECT_TRUE(received.check().valid);
  EXPECT_THAT(received.check().explanation, HasSubstr("in the future"));
}

struct Spoiled {
  std::string_view what;
  void (*spoil)(Received&);
  std::string_view says;
};
void PrintTo(const Spoiled& spoiled, std::ostream* out) { *out << spoiled.what; }

class SignatureCheckExplains : public testing::TestWithParam<Spoiled> {};

TEST_P(SignatureCheckExplains, TheStepThatDiffers) {
  Received received;
  GetParam().spoil(received);
  const SignatureCheck check = received.check();
  EXPECT_FALSE(check.valid);
  EXPECT_THAT(check.explanation, StartsWith("INVALID: "));
  EXPECT_THAT(check.explanation, HasSubstr(std::string(GetParam().says)));
  EXPECT_EQ(check.explanation.find('\n'), std::string::npos);
  EXPECT_THAT(check.explanation, testing::Not(HasSubstr(received.with_secret))) << "the secret is shown";
}

INSTANTIATE_TEST_SUITE_P(
    All, SignatureCheckExplains,
    testing::Values(
        Spoiled{"no secret", [](Received& r) { r.with_secret = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"; }, "not whsec_"},
        Spoiled{"cut secret", [](Received& r) { r.with_secret.pop_back(); }, "not whsec_"},
        Spoiled{"no headers", [](Received& r) { r.headers.clear(); }, "there is no signature"},
        Spoiled{"no timestamp", [](Received& r) { r.drop("X-Crewship-Timestamp"); },
                "the header X-Crewship-Timestamp is missing"},
        Spoiled{"no signature", [](Received& r) { r.drop("X-Crewship-Signature"); },
                "the header X-Crewship-Signature is missing (webhook-signature is valid)"},
        Spoiled{"no webhook-id", [](Received& r) { r.drop("webhook-id"); }, "the header webhook-id is missing"},
        Spoiled{"no webhook-timestamp", [](Received& r) { r.drop("webhook-timestamp"); },
                "the header webhook-timestamp is missing"},
        Spoiled{"no webhook-signature", [](Received& r) { r.drop("webhook-signature"); },
                "the header webhook-signature is missing (X-Crewship-Signature is valid)"},
        Spoiled{"timestamp in words", [](Received& r) { r.header("X-Crewship-Timestamp") = "2025-01-15T10:30:00Z"; },
                "X-Crewship-Timestamp is not a whole number"},
        Spoiled{"empty timestamp", [](Received& r) { r.header("webhook-timestamp") = ""; },
                "webhook-timestamp is not a whole number"},
        Spoiled{"no sha256=", [](Received& r) { r.header("X-Crewship-Signature").erase(0, 7); },
                "does not begin with sha256="},
        Spoiled{"cut signature", [](Received& r) { r.header("X-Crewship-Signature").pop_back(); }, "64 hex digits"},
        Spoiled{"other body", [](Received& r) { r.content = R"({"event":"run.failed"})"; },
                "X-Crewship-Signature does not match: the body was changed on the way, or it was signed with another "
                "secret"},
        Spoiled{"other secret", [](Received& r) { r.with_secret = other_secret; },
                "the body was changed on the way, or it was signed with another secret"},
        Spoiled{"written again", [](Received& r) { r.content = R"({"event": "run.succeeded"})"; },
                "the body was parsed and written again"},
        Spoiled{"untouched body", [](Received& r) { r.with_secret = other_secret; }, "most likely another webhook's"},
        Spoiled{"line break", [](Received& r) { r.content += "\n"; }, "a line break was added to the body"},
        Spoiled{"upper case",
                [](Received& r) {
                  for (char& c : r.header("X-Crewship-Signature"))
                    if (c >= 'a' && c <= 'f') c = static_cast<char>(c - 'a' + 'A');
                  r.header("X-Crewship-Signature").replace(0, 7, "sha256=");
                },
                "lower case"},
        Spoiled{"decoded key",
                [](Received& r) { r.header("X-Crewship-Signature") = own(decoded_secret(), signed_text()); },
                "the key is the secret as it is written"},
        Spoiled{"body alone", [](Received& r) { r.header("X-Crewship-Signature") = own(webhook_secret, body); },
                "over the body alone"},
        Spoiled{"other timestamp",
                [](Received& r) { r.header("X-Crewship-Timestamp") = std::to_string(checked_at + 1); },
                "X-Crewship-Timestamp is not the one that was signed (webhook-signature is valid)"},
        Spoiled{"other standard timestamp",
                [](Received& r) { r.header("webhook-timestamp") = std::to_string(checked_at + 1); },
                "webhook-signature does not match"},
        Spoiled{"literal standard key",
                [](Received& r) {
                  r.header("webhook-signature") =
                      "v1," + base64_encode(HmacSha256(webhook_secret).sign("dlv_1.", signed_text()));
                },
                "the key is its decoded part"},
        Spoiled{"no v1", [](Received& r) { r.header("webhook-signature").replace(0, 2, "v2"); },
                "no signature of version v1"},
        Spoiled{"other id", [](Received& r) { r.header("X-Crewship-Delivery") = "dlv_2"; },
                "X-Crewship-Delivery is not the id that was signed"}));

TEST(SignatureReport, JudgesEachFamilyAlone) {
  Received only_own;
  for (const char* name : {"webhook-id", "webhook-timestamp", "webhook-signature"}) only_own.drop(name);
  const auto own = examine_signature(webhook_secret, only_own.headers, body, checked_at);
  EXPECT_TRUE(own.valid());
  EXPECT_FALSE(own.standard.present);

  Received only_standard;
  for (const char* name : {"X-Crewship-Timestamp", "X-Crewship-Signature", "X-Crewship-Delivery"})
    only_standard.drop(name);
  EXPECT_TRUE(examine_signature(webhook_secret, only_standard.headers, body, checked_at).valid());
  const auto wrong = examine_signature(other_secret, only_standard.headers, body, checked_at);
  EXPECT_FALSE(wrong.valid());
  EXPECT_THAT(wrong.standard.complaint, HasSubstr("does not match"));
  EXPECT_THAT(examine_signature(webhook_secret, only_standard.headers, body, checked_at + 301).warning,
              HasSubstr("5 minutes old"));
  EXPECT_FALSE(examine_signature(webhook_secret, {}, body, checked_at).valid());
}

}  // namespace
}  // namespace crewship
