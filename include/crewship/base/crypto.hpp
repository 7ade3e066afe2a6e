// Hashes, HMAC, encodings and encryption at rest, over OpenSSL. Any thread, except that one HmacSha256 is used by one
// thread at a time. Bytes travel in std::string. An OpenSSL call that can only fail on a bug or without memory throws.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <crewship/base/error.hpp>
#include <crewship/base/random.hpp>

namespace crewship {

std::string sha256(std::string_view data);  // 32 bytes
std::string to_hex(std::string_view bytes);
std::string base64_encode(std::string_view bytes);                        // RFC 4648 §4, padded
std::optional<std::string> base64_decode(std::string_view text);          // strict: padded, no spaces
std::string base64url_encode(std::string_view bytes);                     // RFC 4648 §5, no padding
bool constant_time_equal(std::string_view left, std::string_view right);  // false at once when lengths differ

// HMAC-SHA256 (RFC 2104) with the key schedule done once: two compressions fewer for every message.
class HmacSha256 {
 public:
  explicit HmacSha256(std::string_view key);
  HmacSha256(const HmacSha256&) = delete;
  HmacSha256& operator=(const HmacSha256&) = delete;
  HmacSha256(HmacSha256&&) noexcept;
  HmacSha256& operator=(HmacSha256&&) noexcept;
  ~HmacSha256();
  // HMAC of the concatenation, 32 bytes.
  std::string sign(std::string_view a, std::string_view b = {}, std::string_view c = {}, std::string_view d = {},
                   std::string_view e = {});

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// AES-256-GCM with a random 96-bit nonce: version byte, nonce, ciphertext, tag. `associated` binds the text to its row,
// so that a ciphertext moved to another row does not open.
class Sealer {
 public:
  static constexpr std::size_t key_bytes = 32;
  Sealer(std::string key, Random& random);  // throws std::invalid_argument unless key_bytes long
  Sealer(const Sealer&) = delete;
  Sealer& operator=(const Sealer&) = delete;
  ~Sealer();
  std::string seal(std::string_view plain, std::string_view associated) const;
  Result<std::string> open(std::string_view sealed,
                           std::string_view associated) const;  // ErrorKind::internal "unsealing_failed"

 private:
  std::string key_;
  Random& random_;
};

}  // namespace crewship
