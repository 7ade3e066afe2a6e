#include <cstddef>
#include <stdexcept>
#include <string>

#include <gtest/gtest.h>

#include <crewship/base/crypto.hpp>

#include "support/fixed_random.hpp"

namespace crewship {
namespace {

const std::string key(Sealer::key_bytes, 'k');

class SealerTest : public testing::Test {
 protected:
  FixedRandom random_;
  Sealer sealer_{key, random_};
};

void expect_refused(const Result<std::string>& opened) {
  ASSERT_FALSE(opened.has_value());
  EXPECT_EQ(opened.error().kind, ErrorKind::internal);
  EXPECT_EQ(opened.error().code, "unsealing_failed");
}

TEST_F(SealerTest, OpensWhatItSealed) {
  for (const std::string& plain : {std::string(), std::string("whsec_x"), std::string(100'000, '\0')})
    EXPECT_EQ(sealer_.open(sealer_.seal(plain, "owh_1/secret"), "owh_1/secret").value(), plain);
}

TEST_F(SealerTest, OpensWithNothingAssociated) {
  EXPECT_EQ(sealer_.open(sealer_.seal("text", ""), "").value(), "text");
}

TEST_F(SealerTest, RefusesAnotherRow) {
  const std::string sealed = sealer_.seal("whsec_x", "owh_1/secret");
  expect_refused(sealer_.open(sealed, "owh_2/secret"));
  expect_refused(sealer_.open(sealed, ""));
}

TEST_F(SealerTest, RefusesAnyChangedBit) {
  const std::string sealed = sealer_.seal("whsec_x", "row");
  for (std::size_t bit = 0; bit < sealed.size() * 8; ++bit) {
    std::string changed = sealed;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << (bit % 8)));
    expect_refused(sealer_.open(changed, "row"));
  }
}

TEST_F(SealerTest, RefusesAnyOtherLength) {
  const std::string sealed = sealer_.seal("whsec_x", "row");
  for (std::size_t size = 0; size < sealed.size(); ++size) expect_refused(sealer_.open(sealed.substr(0, size), "row"));
  expect_refused(sealer_.open(sealed + '\0', "row"));
}

TEST_F(SealerTest, RefusesAnotherKey) {
  const Sealer other(std::string(Sealer::key_bytes, 'K'), random_);
  expect_refused(other.open(sealer_.seal("whsec_x", "row"), "row"));
}

TEST_F(SealerTest, NeverSealsTwiceAlikeAndHidesTheText) {
  const std::string first = sealer_.seal("whsec_x", "row");
  EXPECT_NE(first.substr(1, 12), sealer_.seal("whsec_x", "row").substr(1, 12)) << "a nonce was used twice";
  EXPECT_FALSE(first.contains("whsec_x"));
}

// The layout is what is on users' disks: version 1, nonce, ciphertext, tag. NIST's GCM test case 14: key, nonce and
// text are zero.
TEST(Sealer, OpensTheLayoutThatIsOnDisk) {
  FixedRandom random;
  const Sealer sealer(std::string(32, '\0'), random);
  const std::string sealed = std::string("\x01") + std::string(12, '\0') +
                             "\xce\xa7\x40\x3d\x4d\x60\x6b\x6e\x07\x4e\xc5\xd3\xba\xf3\x9d\x18"
                             "\xd0\xd1\xc8\xa7\x99\x99\x6b\xf0\x26\x5b\x98\xb5\xd4\x8a\xb9\x19";
  EXPECT_EQ(sealer.open(sealed, "").value(), std::string(16, '\0'));
}

TEST(Sealer, TakesOnlyAKeyOf32Bytes) {
  FixedRandom random;
  EXPECT_THROW(Sealer(std::string(31, 'k'), random), std::invalid_argument);
  EXPECT_THROW(Sealer(std::string(33, 'k'), random), std::invalid_argument);
}

}  // namespace
}  // namespace crewship
