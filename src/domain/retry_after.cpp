#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include <crewship/domain/delivery.hpp>

#include "characters.hpp"

namespace crewship {
namespace {

using std::chrono::sys_seconds;

// RFC 9111 §1.2.2: a number too large to hold is 2^31.
constexpr std::int64_t longest_seconds = std::int64_t{1} << 31;

constexpr std::array<std::string_view, 7> days{"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
constexpr std::array<std::string_view, 7> long_days{"Monday", "Tuesday",  "Wednesday", "Thursday",
                                                    "Friday", "Saturday", "Sunday"};
constexpr std::array<std::string_view, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

// Reads a text from the left; once something is not as expected, it stays failed.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  void expect(std::string_view literal) {
    if (rest_.starts_with(literal)) {
      rest_.remove_prefix(literal.size());
    } else {
      failed_ = true;
    }
  }

  // Exactly `count` digits; with `space_padded`, spaces may stand for leading zeros.
  int number(std::size_t count, bool space_padded = false) {
    if (rest_.size() < count) return fail();
    int value = 0;
    bool digit_seen = false;
    for (const char c : rest_.substr(0, count)) {
      if (is_digit(c)) {
        value = value * 10 + (c - '0');
        digit_seen = true;
      } else if (c != ' ' || !space_padded || digit_seen) {
        return fail();
      }
    }
    if (!digit_seen) return fail();
    rest_.remove_prefix(count);
    return value;
  }

  // The position of the one that the text goes on with, from 0.
  template <std::size_t Count>
  unsigned one_of(const std::array<std::string_view, Count>& names) {
    for (unsigned i = 0; i < Count; ++i) {
      if (rest_.starts_with(names[i])) {
        rest_.remove_prefix(names[i].size());
        return i;
      }
    }
    failed_ = true;
    return 0;
  }

  bool done() const { return !failed_ && rest_.empty(); }

 private:
  int fail() {
    failed_ = true;
    return 0;
  }

  std::string_view rest_;
  bool failed_ = false;
};

struct Date {
  int year = 0;
  unsigned month = 1;
  int day = 1;
  int hour = 0;
  int minute = 0;
  int second = 0;  // 60 in a leap second

  void read_time_of_day(Reader& in) {
    hour = in.number(2);
    in.expect(":");
    minute = in.number(2);
    in.expect(":");
    second = in.number(2);
  }

  std::optional<sys_seconds> to_time() const {
    namespace ch = std::chrono;
    const ch::year_month_day date{ch::year(year), ch::month(month), ch::day(static_cast<unsigned>(day))};
    if (!date.ok() || hour > 23 || minute > 59 || second > 60) return std::nullopt;
    return ch::sys_days(date) + ch::hours(hour) + ch::minutes(minute) + ch::seconds(second);
  }
};

// Sun, 06 Nov 1994 08:49:37 GMT
std::optional<sys_seconds> parse_imf_fixdate(std::string_view text) {
  Reader in(text);
  Date date;
  in.one_of(days);
  in.expect(", ");
  date.day = in.number(2);
  in.expect(" ");
  date.month = in.one_of(months) + 1;
  in.expect(" ");
  date.year = in.number(4);
  in.expect(" ");
  date.read_time_of_day(in);
  in.expect(" GMT");
  return in.done() ? date.to_time() : std::nullopt;
}

// Sunday, 06-Nov-94 08:49:37 GMT. A year that seems more than 50 years ahead is in the past.
std::optional<sys_seconds> parse_rfc850_date(std::string_view text, WallTime now) {
  Reader in(text);
  Date date;
  in.one_of(long_days);
  in.expect(", ");
  date.day = in.number(2);
  in.expect("-");
  date.month = in.one_of(months) + 1;
  in.expect("-");
  const int two_digits = in.number(2);
  in.expect(" ");
  date.read_time_of_day(in);
  in.expect(" GMT");
  if (!in.done()) return std::nullopt;
  const std::chrono::year_month_day today{std::chrono::floor<std::chrono::days>(now)};
  const int this_year = static_cast<int>(today.year());
  date.year = this_year - this_year % 100 + two_digits;
  if (date.year > this_year + 50) date.year -= 100;
  if (date.year <= this_year - 50) date.year += 100;
  return date.to_time();
}

// Sun Nov  6 08:49:37 1994
std::optional<sys_seconds> parse_asctime_date(std::string_view text) {
  Reader in(text);
  Date date;
  in.one_of(days);
  in.expect(" ");
  date.month = in.one_of(months) + 1;
  in.expect(" ");
  date.day = in.number(2, true);
  in.expect(" ");
  date.read_time_of_day(in);
  in.expect(" ");
  date.year = in.number(4);
  return in.done() ? date.to_time() : std::nullopt;
}

std::chrono::seconds parse_delay(std::string_view digits) {
  std::int64_t seconds = 0;
  for (const char c : digits) seconds = std::min(seconds * 10 + (c - '0'), longest_seconds);
  return std::chrono::seconds(seconds);
}

std::string_view without_space(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

}  // namespace

std::optional<std::chrono::seconds> parse_retry_after(std::string_view value, WallTime now) {
  value = without_space(value);
  if (value.empty()) return std::nullopt;
  if (std::ranges::all_of(value, is_digit)) return parse_delay(value);
  auto date = parse_imf_fixdate(value);
  if (!date) date = parse_rfc850_date(value, now);
  if (!date) date = parse_asctime_date(value);
  if (!date) return std::nullopt;
  const auto wait = std::chrono::ceil<std::chrono::seconds>(*date - now);  // never earlier than asked
  return std::max(wait, std::chrono::seconds::zero());
}

}  // namespace crewship
