#include <crewship/base/crypto.hpp>

#include <cstddef>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace crewship {
namespace {

using namespace std::literals;

TEST(Sha256, MatchesFips180Examples) {
  EXPECT_EQ(to_hex(sha256("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(to_hex(sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(to_hex(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(to_hex(sha256(std::string(1'000'000, 'a'))),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, ThreadsDoNotDisturbOneAnother) {
  const std::string expected = sha256("the same text");
  std::vector<int> wrong(4);
  {
    std::vector<std::jthread> threads;
    for (int& count : wrong)
      threads.emplace_back([&count, &expected] {
        for (int i = 0; i < 2000; ++i) count += sha256("the same text") != expected ? 1 : 0;
      });
  }
  EXPECT_EQ(wrong, std::vector<int>(4));
}

struct HmacCase {
  std::string key;
  std::string data;
  std::string hex;
};

// RFC 4231, test cases 1 to 4, 6 and 7.
std::vector<HmacCase> rfc4231() {
  std::string counting;
  for (char c = 1; c <= 25; ++c) counting.push_back(c);
  return {
      {std::string(20, '\x0b'), "Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
      {"Jefe", "what do ya want for nothing?", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
      {std::string(20, '\xaa'), std::string(50, '\xdd'),
       "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
      {counting, std::string(50, '\xcd'), "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"},
      {std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First",
       "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
      {std::string(131, '\xaa'),
       "This is a test using a larger than block-size key and a larger than block-size data. The key needs to be "
       "hashed "
       "before being used by the HMAC algorithm.",
       "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"},
  };
}

TEST(HmacSha256, MatchesRfc4231) {
  for (const auto& [key, data, hex] : rfc4231()) EXPECT_EQ(to_hex(HmacSha256(key).sign(data)), hex) << data;
}

TEST(HmacSha256, SignsTheConcatenationAndIsReusable) {
  HmacSha256 hmac("whsec_secret");
  const std::string whole = hmac.sign("dlv_1.1736937000.{}");
  EXPECT_EQ(hmac.sign("dlv_1", ".", "1736937000", ".", "{}"), whole);
  EXPECT_EQ(hmac.sign("dlv_1", "", ".1736937000.{}"), whole);
  EXPECT_NE(hmac.sign("dlv_1.1736937000.{} "), whole);
  EXPECT_EQ(HmacSha256("whsec_secret").sign("dlv_1.1736937000.{}"), whole);
}

TEST(HmacSha256, KeyOfExactlyOneBlockIsUsedAsItIs) {
  EXPECT_EQ(to_hex(HmacSha256(std::string(64, 'k')).sign("message")),
            "890f3a16e0ca0aaa3bf180f70fa8e3970b3fd6505e98fde157988dcc19d1685c");
  EXPECT_EQ(HmacSha256(std::string(65, 'k')).sign("message"), HmacSha256(sha256(std::string(65, 'k'))).sign("message"));
}

TEST(HmacSha256, MovesWithItsKey) {
  HmacSha256 first("one");
  const std::string expected = first.sign("text");
  HmacSha256 second("two");
  second = std::move(first);
  EXPECT_EQ(HmacSha256(std::move(second)).sign("text"), expected);
}

TEST(Encoding, HexIsLowerCase) { EXPECT_EQ(to_hex("\x00\x0f\xa5\xff"sv), "000fa5ff"); }

TEST(Encoding, Base64MatchesRfc4648) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", ""},
      {"f", "Zg=="},
      {"fo", "Zm8="},
      {"foo", "Zm9v"},
      {"foob", "Zm9vYg=="},
      {"fooba", "Zm9vYmE="},
      {"foobar", "Zm9vYmFy"},
      {"\xfb\xff\xbf", "+/+/"},
  };
  for (const auto& [bytes, text] : cases) {
    EXPECT_EQ(base64_encode(bytes), text);
    EXPECT_EQ(base64_decode(text), bytes);
  }
}

TEST(Encoding, Base64UrlHasItsOwnAlphabetAndNoPadding) {
  EXPECT_EQ(base64url_encode("\xfb\xff\xbf"), "-_-_");
  EXPECT_EQ(base64url_encode("f"), "Zg");
  EXPECT_EQ(base64url_encode(std::string(32, '\xff')).size(), 43U);
}

TEST(Encoding, EveryByteValueSurvivesBase64) {
  std::string all;
  for (int i = 0; i < 256; ++i) all.push_back(static_cast<char>(i));
  for (std::size_t size = 250; size <= 256; ++size) {
    const std::string bytes = all.substr(0, size);
    EXPECT_EQ(base64_decode(base64_encode(bytes)), bytes);
  }
}

TEST(Encoding, Base64DecodeIsStrict) {
  for (std::string_view text : {"Z", "Zg", "Zg=", "Zg===", "=", "==", "====", "Z===", "Zm9v=", "Zg==Zg==", "Zm 9",
                                "Zm9v\n", "-_-_", "Zm8", "Zg=a", "\xc3\xa9\xc3\xa9", "Zh==", "Zm9="})
    EXPECT_EQ(base64_decode(text), std::nullopt) << text;
  EXPECT_EQ(base64_decode("Zm\0v"sv), std::nullopt);
}

TEST(ConstantTimeEqual, ComparesAllBytes) {
  EXPECT_TRUE(constant_time_equal("", ""));
  EXPECT_TRUE(constant_time_equal("a\0b"sv, "a\0b"sv));
  EXPECT_FALSE(constant_time_equal("a\0b"sv, "a\0c"sv));
  EXPECT_FALSE(constant_time_equal("abc", "abcd"));
  EXPECT_FALSE(constant_time_equal("xbc", "abc"));
}

}  // namespace
}  // namespace crewship
