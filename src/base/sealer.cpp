// Encryption at rest: AES-256-GCM (NIST SP 800-38D) with random nonces.
#include <limits>
#include <utility>

#include <openssl/crypto.h>

#include <crewship/base/crypto.hpp>

#include "openssl.hpp"

namespace crewship {
namespace {

constexpr char version = 1;
constexpr std::size_t nonce_bytes = 12;
constexpr std::size_t tag_bytes = 16;
constexpr std::size_t overhead_bytes = 1 + nonce_bytes + tag_bytes;

const EVP_CIPHER* algorithm() {
  static const std::unique_ptr<EVP_CIPHER, OpensslDelete<EVP_CIPHER_free>> cipher(
      EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr));
  expect_openssl(cipher != nullptr, "EVP_CIPHER_fetch");
  return cipher.get();
}

// OpenSSL counts in int; what is sealed here is a secret or a header, never near two gigabytes.
int length_of(std::string_view text) {
  if (text.size() > std::size_t{std::numeric_limits<int>::max()}) throw std::length_error("too long to seal");
  return static_cast<int>(text.size());
}

CipherContext start(const std::string& key, std::string_view nonce, std::string_view associated, bool encrypt) {
  CipherContext context(EVP_CIPHER_CTX_new());
  expect_openssl(context != nullptr, "EVP_CIPHER_CTX_new");
  expect_openssl(EVP_CipherInit_ex2(context.get(), algorithm(), openssl_bytes(key), openssl_bytes(nonce),
                                    encrypt ? 1 : 0, nullptr) == 1,
                 "EVP_CipherInit_ex2");
  int written = 0;
  expect_openssl(
      EVP_CipherUpdate(context.get(), nullptr, &written, openssl_bytes(associated), length_of(associated)) == 1,
      "EVP_CipherUpdate");
  return context;
}

void transform(EVP_CIPHER_CTX* context, unsigned char* out, std::string_view in) {
  int written = 0;
  expect_openssl(EVP_CipherUpdate(context, out, &written, openssl_bytes(in), length_of(in)) == 1, "EVP_CipherUpdate");
}

}  // namespace

Sealer::Sealer(std::string key, Random& random) : key_(std::move(key)), random_(random) {
  if (key_.size() != key_bytes) throw std::invalid_argument("a sealing key has 32 bytes");
}

Sealer::~Sealer() { OPENSSL_cleanse(key_.data(), key_.size()); }

std::string Sealer::seal(std::string_view plain, std::string_view associated) const {
  const std::string nonce = random_.bytes(nonce_bytes);
  const CipherContext context = start(key_, nonce, associated, true);
  std::string out(overhead_bytes + plain.size(), '\0');
  out[0] = version;
  out.replace(1, nonce_bytes, nonce);
  unsigned char* text = openssl_bytes(out) + 1 + nonce_bytes;
  transform(context.get(), text, plain);
  int written = 0;
  expect_openssl(EVP_CipherFinal_ex(context.get(), text + plain.size(), &written) == 1, "EVP_CipherFinal_ex");
  expect_openssl(
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_GET_TAG, static_cast<int>(tag_bytes), text + plain.size()) == 1,
      "EVP_CIPHER_CTX_ctrl");
  return out;
}

Result<std::string> Sealer::open(std::string_view sealed, std::string_view associated) const {
  const auto refused = [] {
    return fail(ErrorKind::internal, "unsealing_failed",
                "A stored secret could not be decrypted; check that the master key is the one it was written with.");
  };
  if (sealed.size() < overhead_bytes || sealed.front() != version) return refused();
  const CipherContext context = start(key_, sealed.substr(1, nonce_bytes), associated, false);
  const std::string_view text = sealed.substr(1 + nonce_bytes, sealed.size() - overhead_bytes);
  std::string tag(sealed.substr(sealed.size() - tag_bytes));
  std::string out(text.size(), '\0');
  transform(context.get(), openssl_bytes(out), text);
  expect_openssl(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_SET_TAG, static_cast<int>(tag_bytes), tag.data()) == 1,
                 "EVP_CIPHER_CTX_ctrl");
  int written = 0;
  if (EVP_CipherFinal_ex(context.get(), openssl_bytes(out) + out.size(), &written) != 1) {
    OPENSSL_cleanse(out.data(), out.size());  // what was decrypted is not known to be ours
    return refused();
  }
  return out;
}

}  // namespace crewship
