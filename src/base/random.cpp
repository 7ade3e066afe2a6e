#include <crewship/base/random.hpp>

#include <algorithm>
#include <cstdlib>
#include <limits>

#include <openssl/rand.h>

#include <crewship/base/log.hpp>
#include <crewship/base/log_writer.hpp>

namespace crewship {

double Random::symmetric() {
  std::uint64_t value = 0;
  fill(std::as_writable_bytes(std::span(&value, 1)));
  // 53 bits are what a double holds exactly, so every value is as likely as the next and 1 is never reached.
  return static_cast<double>(value >> 11) * 0x1p-52 - 1.0;
}

std::string Random::bytes(std::size_t count) {
  std::string out(count, '\0');
  fill(std::as_writable_bytes(std::span(out)));
  return out;
}

void SystemRandom::fill(std::span<std::byte> out) {
  while (!out.empty()) {
    auto part = out.first(std::min(out.size(), std::size_t{std::numeric_limits<int>::max()}));
    if (RAND_bytes(reinterpret_cast<unsigned char*>(part.data()), static_cast<int>(part.size())) != 1) {
      log_error("no random numbers from the system; ending");
      LogWriter::flush();
      std::abort();
    }
    out = out.subspan(part.size());
  }
}

}  // namespace crewship
