// What the OpenSSL files of this room share: owners for its objects, and the check for calls that only a bug or a lack
// of memory can make fail.
#pragma once

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include <openssl/evp.h>

namespace crewship {

template <auto Free>
struct OpensslDelete {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};

using DigestContext = std::unique_ptr<EVP_MD_CTX, OpensslDelete<EVP_MD_CTX_free>>;
using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, OpensslDelete<EVP_CIPHER_CTX_free>>;

inline void expect_openssl(bool ok, const char* call) {
  if (!ok) throw std::runtime_error(std::string("OpenSSL failed: ") + call);
}

inline const unsigned char* openssl_bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
inline unsigned char* openssl_bytes(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

// Fetched once: looking an algorithm up by name costs more than hashing a kilobyte.
const EVP_MD* sha256_algorithm();

}  // namespace crewship
