// The expected signatures were computed with Python's hmac module, not with this program.
#include <crewship/delivery/signing.hpp>

#include <cstddef>
#include <stdexcept>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/fixed_random.hpp"

namespace crewship {
namespace {

using testing::ElementsAre;
using testing::Pair;

constexpr std::string_view signing_secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

TEST(Signing, SignsBothWays) {
  EXPECT_THAT(
      signature_headers(signing_secret, "dlv_01jhmvk3x8000000000000000z", "run.succeeded", 1736937000,
                        "{\"event\":\"run.succeeded\",\"data\":{\"output\":{\"text\":\"Gr\xc3\xbc\xc3\x9f"
                        "e \xe2\x98\x83\"}}}"),
      ElementsAre(
          Pair("X-Crewship-Event", "run.succeeded"), Pair("X-Crewship-Delivery", "dlv_01jhmvk3x8000000000000000z"),
          Pair("X-Crewship-Timestamp", "1736937000"),
          Pair("X-Crewship-Signature", "sha256=5759af3baf3de17d55066803ba74642a116b8465f8077ab1f3ed73c69fc56b5c"),
          Pair("webhook-id", "dlv_01jhmvk3x8000000000000000z"), Pair("webhook-timestamp", "1736937000"),
          Pair("webhook-signature", "v1,zGEC7kj0AUzQcFcwvfYzBLtslqUAQ4Okbfo/c2kUyso=")));
}

TEST(Signing, AgreesWithThePublishedVectorOfStandardWebhooks) {
  const auto headers =
      signature_headers(signing_secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", "x", 1614265330, R"({"test": 2432232314})");
  EXPECT_EQ(headers[6].second, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
  EXPECT_EQ(headers[3].second, "sha256=2e37df5d4a028c51a7f3133d64ae1e300d2c2c900f1b1d49d4369ad2530f8964");
}

TEST(Signing, SignsAnEmptyBody) {
  EXPECT_EQ(signature_headers(signing_secret, "d", "e", 0, "")[3].second,
            "sha256=e08e3b234d55e695f064d71f5cb8dd382678d244a4ad2939f249dd786f778e03");
}

TEST(Signing, ASignerMaySignManyDeliveries) {
  auto signer = Signer::from_secret(signing_secret);
  ASSERT_TRUE(signer);
  const auto first = signer->headers("d1", "e", 1, "one");
  signer->headers("d2", "e", 2, "two");
  EXPECT_EQ(signer->headers("d1", "e", 1, "one"), first);
  EXPECT_EQ(first, signature_headers(signing_secret, "d1", "e", 1, "one"));
}

TEST(Signing, ASecretIsThirtyTwoRandomBytesInBase64) {
  class Counting final : public Random {
    void fill(std::span<std::byte> out) override {
      for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<std::byte>(i);
    }
  };
  Counting counting;
  EXPECT_EQ(make_signing_secret(counting), "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=");
  FixedRandom random;
  EXPECT_NE(make_signing_secret(random), make_signing_secret(random));
  EXPECT_TRUE(Signer::from_secret(make_signing_secret(random)));
}

TEST(Signing, RefusesWhatIsNoSecret) {
  for (const std::string_view text :
       {"", "whsec_", "whsec_?", "whsec_AAE",
        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", "WHSEC_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="}) {
    EXPECT_FALSE(Signer::from_secret(text)) << text;
    EXPECT_THROW(signature_headers(text, "d", "e", 1, ""), std::invalid_argument) << text;
  }
}

}  // namespace
}  // namespace crewship
