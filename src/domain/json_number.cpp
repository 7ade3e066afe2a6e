#include "json_number.hpp"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <limits>
#include <system_error>

namespace crewship::detail {
namespace {

// A whole number of up to 15 digits is exact in a double, and JavaScript prints it as it stands, but for -0.
bool is_plain_integer(std::string_view raw) {
  const std::string_view digits = raw.substr(raw.starts_with('-') ? 1 : 0);
  return digits.size() <= 15 && raw != "-0" && digits.find_first_not_of("0123456789") == std::string_view::npos;
}

// For a number that no finite double but 0 is near to: whether it is huge, and not tiny. Its digits are of any length,
// and so are those of its exponent, which can cancel each other out.
bool is_huge(std::string_view raw) {
  const std::size_t e = std::min(raw.find_first_of("eE"), raw.size());
  const std::string_view mantissa = raw.substr(0, e);
  const std::size_t point = std::min(mantissa.find('.'), mantissa.size());
  const std::size_t first = mantissa.find_first_of("123456789");  // there is one: 0 is in range
  // Powers of ten between the first digit that counts and the place before the point.
  const auto lead = static_cast<std::ptrdiff_t>(point) - static_cast<std::ptrdiff_t>(first);

  std::string_view exponent_digits = raw.substr(std::min(e + 1, raw.size()));
  const bool negative = exponent_digits.starts_with('-');
  if (negative || exponent_digits.starts_with('+')) exponent_digits.remove_prefix(1);
  std::ptrdiff_t exponent = 0;
  constexpr std::ptrdiff_t enough = std::numeric_limits<std::ptrdiff_t>::max() / 100;
  for (const char digit : exponent_digits) exponent = std::min(exponent * 10 + (digit - '0'), enough);
  return lead + (negative ? -exponent : exponent) > 0;
}

// `digits` and the place of the point in them, counted from their start; it may lie outside of them.
void append_digits(std::string& out, std::string_view digits, int point) {
  const int count = static_cast<int>(digits.size());
  if (point > 21 || point <= -6) {
    out += digits.front();
    if (count > 1) (out += '.') += digits.substr(1);
    out += point > 0 ? "e+" : "e-";
    out += std::to_string(point > 0 ? point - 1 : 1 - point);
  } else if (point <= 0) {
    out += "0.";
    out.append(static_cast<std::size_t>(-point), '0');
    out += digits;
  } else if (point < count) {
    const auto whole = static_cast<std::size_t>(point);
    out += digits.substr(0, whole);
    out += '.';
    out += digits.substr(whole);
  } else {
    out += digits;
    out.append(static_cast<std::size_t>(point - count), '0');
  }
}

void append_double(std::string& out, double value) {
  // The shortest digits that read back as the same double: "-d.ddddde-xxx" is at most 24 characters.
  char buffer[32];
  const auto written = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific);
  std::string_view text(buffer, written.ptr);
  if (text.starts_with('-')) {
    out += '-';
    text.remove_prefix(1);
  }
  const std::size_t e = text.find('e');
  int exponent = 0;
  const std::size_t exponent_start = e + (text[e + 1] == '+' ? 2 : 1);  // from_chars takes no plus sign
  std::from_chars(text.data() + exponent_start, text.data() + text.size(), exponent);

  char digits[32];
  std::size_t count = 0;
  for (const char c : text.substr(0, e)) {
    if (c != '.') digits[count++] = c;
  }
  append_digits(out, std::string_view(digits, count), exponent + 1);
}

}  // namespace

void append_javascript_number(std::string& out, std::string_view raw) {
  if (is_plain_integer(raw)) {
    out += raw;
    return;
  }
  double value = 0;
  const auto read = std::from_chars(raw.data(), raw.data() + raw.size(), value);
  if (read.ec == std::errc::result_out_of_range) {
    out += is_huge(raw) ? "null" : "0";  // from_chars says the same of both
  } else if (value == 0) {
    out += '0';  // -0 too
  } else {
    append_double(out, value);
  }
}

}  // namespace crewship::detail
