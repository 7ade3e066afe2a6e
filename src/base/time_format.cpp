#include <crewship/base/time_format.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <utility>

namespace crewship {
namespace {

using std::chrono::milliseconds;

// The last `Width` digits of a number that is not negative.
template <std::size_t Width>
void append_digits(std::string& out, std::int64_t value) {
  std::array<char, Width> digits{};
  for (std::size_t i = Width; i-- > 0; value /= 10) digits[i] = static_cast<char>('0' + value % 10);
  out.append(digits.data(), Width);
}

// Takes RFC 3339 apart from the left; the first thing that is not as expected makes everything fail.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : rest_(text) {}

  int digits(std::size_t count) {
    int value = 0;
    for (std::size_t i = 0; i < count; ++i) value = value * 10 + next_digit();
    return value;
  }
  char one_of(std::string_view choices) {
    const char c = rest_.empty() ? '\0' : rest_.front();
    if (rest_.empty() || !choices.contains(c)) {
      ok_ = false;
      return '\0';
    }
    rest_.remove_prefix(1);
    return c;
  }
  bool at_digit() const { return !rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9'; }
  bool at(char c) const { return rest_.starts_with(c); }
  void fail() { ok_ = false; }
  bool done() const { return ok_ && rest_.empty(); }

 private:
  int next_digit() {
    if (!at_digit()) {
      ok_ = false;
      return 0;
    }
    const int value = rest_.front() - '0';
    rest_.remove_prefix(1);
    return value;
  }

  std::string_view rest_;
  bool ok_ = true;
};

milliseconds parse_fraction(Cursor& cursor) {
  cursor.one_of(".");
  if (!cursor.at_digit()) cursor.fail();
  int value = 0;
  for (int scale = 100; cursor.at_digit(); scale /= 10) value += cursor.digits(1) * scale;
  return milliseconds(value);
}

std::chrono::minutes parse_offset(Cursor& cursor) {
  const char sign = cursor.one_of("Zz+-");
  if (sign != '+' && sign != '-') return {};
  const int hours = cursor.digits(2);
  cursor.one_of(":");
  const int minutes = cursor.digits(2);
  if (hours > 23 || minutes > 59) cursor.fail();
  const auto offset = std::chrono::hours(hours) + std::chrono::minutes(minutes);
  return sign == '-' ? -offset : offset;
}

constexpr std::array<std::pair<std::string_view, milliseconds>, 5> units{{
    {"d", std::chrono::days(1)},
    {"h", std::chrono::hours(1)},
    {"m", std::chrono::minutes(1)},
    {"s", std::chrono::seconds(1)},
    {"ms", milliseconds(1)},
}};

}  // namespace

std::string format_timestamp(WallTime time) {
  std::string out;
  append_timestamp(out, time);
  return out;
}

void append_timestamp(std::string& out, WallTime time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  append_digits<4>(out, int{date.year()});
  out.push_back('-');
  append_digits<2>(out, unsigned{date.month()});
  out.push_back('-');
  append_digits<2>(out, unsigned{date.day()});
  out.push_back('T');
  append_digits<2>(out, clock.hours().count());
  out.push_back(':');
  append_digits<2>(out, clock.minutes().count());
  out.push_back(':');
  append_digits<2>(out, clock.seconds().count());
  out.push_back('.');
  append_digits<3>(out, clock.subseconds().count());
  out.push_back('Z');
}

std::optional<WallTime> parse_timestamp(std::string_view text) {
  Cursor cursor(text);
  const std::chrono::year year(cursor.digits(4));
  cursor.one_of("-");
  const std::chrono::month month(static_cast<unsigned>(cursor.digits(2)));
  cursor.one_of("-");
  const std::chrono::day day(static_cast<unsigned>(cursor.digits(2)));
  cursor.one_of("Tt");
  const int hours = cursor.digits(2);
  cursor.one_of(":");
  const int minutes = cursor.digits(2);
  cursor.one_of(":");
  const int seconds = cursor.digits(2);
  const milliseconds fraction = cursor.at('.') ? parse_fraction(cursor) : milliseconds(0);
  const std::chrono::minutes offset = parse_offset(cursor);
  const std::chrono::year_month_day date(year, month, day);
  // Second 60 is a leap second; it becomes the first moment of the next minute.
  if (!cursor.done() || !date.ok() || hours > 23 || minutes > 59 || seconds > 60) return std::nullopt;
  return std::chrono::sys_days(date) + std::chrono::hours(hours) + std::chrono::minutes(minutes) +
         std::chrono::seconds(seconds) + fraction - offset;
}

std::optional<milliseconds> parse_duration(std::string_view text) {
  std::int64_t count = 0;
  const char* begin = text.data();
  const char* end = begin + text.size();
  if (text.empty() || text.front() == '-') return std::nullopt;
  const auto [rest, error] = std::from_chars(begin, end, count);
  if (error != std::errc{}) return std::nullopt;
  const std::string_view unit(rest, end);
  const auto* found = std::ranges::find(units, unit, &std::pair<std::string_view, milliseconds>::first);
  if (found == units.end() || count > max_duration / found->second) return std::nullopt;
  return count * found->second;
}

std::string format_duration(milliseconds duration) {
  if (duration == milliseconds(0)) return "0s";
  const auto* unit =
      std::ranges::find_if(units, [duration](const auto& entry) { return duration % entry.second == milliseconds(0); });
  return std::to_string(duration / unit->second).append(unit->first);
}

}  // namespace crewship
