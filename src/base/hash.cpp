// SHA-256, HMAC-SHA256 and the comparison that leaks no timing.
#include <array>

#include <openssl/crypto.h>

#include <crewship/base/crypto.hpp>

#include "openssl.hpp"

namespace crewship {
namespace {

constexpr std::size_t block_bytes = 64;
constexpr std::size_t hash_bytes = 32;

DigestContext new_context() {
  DigestContext context(EVP_MD_CTX_new());
  expect_openssl(context != nullptr, "EVP_MD_CTX_new");
  return context;
}

void update(EVP_MD_CTX* context, std::string_view data) {
  expect_openssl(EVP_DigestUpdate(context, data.data(), data.size()) == 1, "EVP_DigestUpdate");
}

std::string finish(EVP_MD_CTX* context) {
  std::string out(hash_bytes, '\0');
  expect_openssl(EVP_DigestFinal_ex(context, openssl_bytes(out), nullptr) == 1, "EVP_DigestFinal_ex");
  return out;
}

// The state after the padded key's block, which is the same for every message.
DigestContext keyed(std::string_view key, char pad) {
  std::array<char, block_bytes> block{};
  block.fill(pad);
  for (std::size_t i = 0; i < key.size(); ++i) block[i] = static_cast<char>(block[i] ^ key[i]);
  DigestContext context = new_context();
  expect_openssl(EVP_DigestInit_ex2(context.get(), sha256_algorithm(), nullptr) == 1, "EVP_DigestInit_ex2");
  update(context.get(), std::string_view(block.data(), block.size()));
  OPENSSL_cleanse(block.data(), block.size());
  return context;
}

}  // namespace

const EVP_MD* sha256_algorithm() {
  static const std::unique_ptr<EVP_MD, OpensslDelete<EVP_MD_free>> algorithm(EVP_MD_fetch(nullptr, "SHA256", nullptr));
  expect_openssl(algorithm != nullptr, "EVP_MD_fetch");
  return algorithm.get();
}

std::string sha256(std::string_view data) {
  thread_local const DigestContext context = new_context();
  expect_openssl(EVP_DigestInit_ex2(context.get(), sha256_algorithm(), nullptr) == 1, "EVP_DigestInit_ex2");
  update(context.get(), data);
  return finish(context.get());
}

bool constant_time_equal(std::string_view left, std::string_view right) {
  return left.size() == right.size() && CRYPTO_memcmp(left.data(), right.data(), left.size()) == 0;
}

struct HmacSha256::State {
  DigestContext inner;
  DigestContext outer;
  DigestContext work;
};

HmacSha256::HmacSha256(std::string_view key) {
  const std::string hashed = key.size() > block_bytes ? sha256(key) : std::string(key);
  state_ = std::make_unique<State>(State{keyed(hashed, 0x36), keyed(hashed, 0x5c), new_context()});
}
HmacSha256::HmacSha256(HmacSha256&&) noexcept = default;
HmacSha256& HmacSha256::operator=(HmacSha256&&) noexcept = default;
HmacSha256::~HmacSha256() = default;

std::string HmacSha256::sign(std::string_view a, std::string_view b, std::string_view c, std::string_view d,
                             std::string_view e) {
  EVP_MD_CTX* work = state_->work.get();
  expect_openssl(EVP_MD_CTX_copy_ex(work, state_->inner.get()) == 1, "EVP_MD_CTX_copy_ex");
  for (std::string_view part : {a, b, c, d, e}) update(work, part);
  const std::string inner = finish(work);
  expect_openssl(EVP_MD_CTX_copy_ex(work, state_->outer.get()) == 1, "EVP_MD_CTX_copy_ex");
  update(work, inner);
  return finish(work);
}

}  // namespace crewship
