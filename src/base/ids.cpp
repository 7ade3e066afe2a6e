#include <crewship/base/ids.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <span>

#include <crewship/base/time_format.hpp>

namespace crewship {
namespace {

constexpr std::string_view digits = "0123456789abcdefghjkmnpqrstvwxyz";
constexpr std::size_t digit_count = 26;

constexpr std::array<bool, 256> make_is_digit() {
  std::array<bool, 256> is_digit{};
  for (char digit : digits) is_digit[static_cast<unsigned char>(digit)] = true;
  return is_digit;
}
constexpr std::array<bool, 256> is_digit = make_is_digit();

constexpr std::array<std::uint8_t, 256> make_digit_values() {
  std::array<std::uint8_t, 256> values{};
  for (std::size_t i = 0; i < digits.size(); ++i)
    values[static_cast<unsigned char>(digits[i])] = static_cast<std::uint8_t>(i);
  return values;
}
constexpr std::array<std::uint8_t, 256> digit_values = make_digit_values();

// 128 bits, counted like one number: 48 of time, 80 random.
struct Number {
  std::uint64_t high = 0;  // milliseconds << 16 | the upper 16 random bits
  std::uint64_t low = 0;

  std::uint64_t milliseconds() const { return high >> 16; }
};

void append_digits(std::string& out, Number number) {
  std::array<char, digit_count> text{};
  for (std::size_t i = digit_count; i-- > 0;) {
    text[i] = digits[number.low & 31];
    number.low = number.low >> 5 | number.high << 59;
    number.high >>= 5;
  }
  out.append(text.data(), text.size());
}

}  // namespace

bool well_formed_id(std::string_view text, std::string_view prefix) {
  if (text.size() != prefix.size() + 1 + digit_count || !text.starts_with(prefix) || text[prefix.size()] != '_')
    return false;
  return std::ranges::all_of(text.substr(prefix.size() + 1),
                             [](char c) { return is_digit[static_cast<unsigned char>(c)]; });
}

std::string hexadecimal_of_id(std::string_view text) {
  constexpr std::string_view hexadecimal_digits = "0123456789abcdef";
  Number number;
  for (const char digit : text.substr(text.find('_') + 1)) {
    number.high = number.high << 5 | number.low >> 59;
    number.low = number.low << 5 | digit_values[static_cast<unsigned char>(digit)];
  }
  std::string out(32, '0');
  for (std::size_t i = 16; i-- > 0; number.low >>= 4, number.high >>= 4) {
    out[i] = hexadecimal_digits[number.high & 15];
    out[i + 16] = hexadecimal_digits[number.low & 15];
  }
  return out;
}

struct IdGenerator::State {
  State(const Clock& c, Random& r) : clock(c), random(r) {}

  // Ids are no secrets, so their random bits may be drawn in blocks; a draw for each costs more than the rest.
  template <class T>
  T draw() {
    if (block.size() - used < sizeof(T)) {
      random.fill(block);
      used = 0;
    }
    T value{};
    std::memcpy(&value, block.data() + used, sizeof(T));
    used += sizeof(T);
    return value;
  }

  Number advance() {
    const auto now = static_cast<std::uint64_t>(std::max<std::int64_t>(unix_milliseconds(clock.now()), 0));
    if (now > last.milliseconds()) {
      last.high = now << 16 | draw<std::uint16_t>();
      last.low = draw<std::uint64_t>();
      return last;
    }
    // The same millisecond, or the clock went back: a step of random size, so that ids cannot be counted. A carry out
    // of the random bits runs into the time, which only makes it the next millisecond.
    const std::uint64_t step = std::uint64_t{draw<std::uint32_t>()} + 1;
    last.low += step;
    if (last.low < step) ++last.high;
    return last;
  }

  const Clock& clock;
  Random& random;
  std::mutex mutex;
  Number last;
  std::array<std::byte, 1024> block{};
  std::size_t used = block.size();
};

IdGenerator::IdGenerator(const Clock& clock, Random& random) : state_(std::make_unique<State>(clock, random)) {}
IdGenerator::~IdGenerator() = default;

std::string IdGenerator::next(std::string_view prefix) {
  std::string out;
  out.reserve(prefix.size() + 1 + digit_count);
  out.append(prefix).push_back('_');
  const std::lock_guard lock(state_->mutex);
  append_digits(out, state_->advance());
  return out;
}

}  // namespace crewship
