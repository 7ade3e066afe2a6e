// JSON texts for comparing javascript_json with Node: the same ones each time, and chosen for where number printing,
// surrogates and member order go wrong. All are valid UTF-8; damaged() is often not JSON.
#pragma once

#include <array>
#include <bit>
#include <cfloat>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace crewship::testing_support {

inline std::string print_double(const char* format, int precision, long double value) {
  const int size = std::snprintf(nullptr, 0, format, precision, value);
  std::string text(static_cast<std::size_t>(size) + 1, '\0');
  std::snprintf(text.data(), text.size(), format, precision, value);
  text.pop_back();
  return text;
}

// Each power of two that a double can be with both its neighbours, each power of ten and what is next to it in decimal.
inline std::vector<std::string> number_boundaries() {
  std::vector<std::string> texts;
  for (int exponent = -1074; exponent <= 1023; ++exponent) {
    const double power = std::ldexp(1.0, exponent);
    for (const double value : {std::nextafter(power, 0.0), power, std::nextafter(power, HUGE_VAL)}) {
      texts.push_back(print_double("%.*Le", 16, value));
      texts.push_back(print_double("%.*Le", 1100, value));  // all its digits
    }
  }
  for (int exponent = -345; exponent <= 330; ++exponent) {
    for (const std::string_view digits : {"1", "-1", "5", "9.9", "1.5", "1.0000000000000001", "9.999999999999999",
                                          "99999999999999999999", "0.00012345678901234567890", "4.35"}) {
      texts.push_back(std::string(digits) + (exponent % 2 == 0 ? "e" : "E") + std::to_string(exponent));
    }
  }
  for (std::uint64_t offset = 0; offset < 50; ++offset) {
    for (const std::uint64_t start : {(1ULL << 53) - 25, (1ULL << 54) - 25, 999'999'999'999'975ULL, 0ULL, ~0ULL - 50}) {
      texts.push_back(std::to_string(start + offset));
      texts.push_back("-" + std::to_string(start + offset) + ".0");
    }
  }
  return texts;
}

// Every text of up to `limit` of these tokens.
inline std::vector<std::string> all_sequences(const std::vector<std::string_view>& tokens, std::size_t limit) {
  std::vector<std::string> texts{""};
  std::size_t shorter = 0;  // where the texts with one token less start
  for (std::size_t length = 1; length <= limit; ++length) {
    const std::size_t end = texts.size();
    for (; shorter < end; ++shorter) {
      for (const std::string_view token : tokens) texts.push_back(texts[shorter] + std::string(token));
    }
  }
  return texts;
}

class JsonCorpus {
 public:
  explicit JsonCorpus(std::uint64_t seed) : random_(seed) {}

  std::string number() {
    switch (below(6)) {
      case 0:
        return std::to_string(static_cast<std::int64_t>(random_()) >> below(64));
      case 1:
        return print_double("%.*Le", static_cast<int>(below(25)), any_double());
      case 2:
        return print_double("%.*Lf", static_cast<int>(below(25)), std::ldexp(any_fraction(), 75 - random_int(110)));
      case 3:
        return half_way();
      case 4:
        return print_double("%.*Lg", 17, any_fraction());
      default:
        return digits();
    }
  }

  std::string string() {
    std::string text = "\"";
    for (std::size_t count = below(below(4) == 0 ? 60 : 8); count > 0; --count) text += character();
    return text + '"';
  }

  // A value with up to `levels` containers inside of each other.
  std::string value(std::size_t levels) {
    const std::size_t choice = below(levels == 0 ? 4 : 9);
    if (choice == 0) return number();
    if (choice == 1) return string();
    if (choice == 2) return one_of(std::array{"true", "false", "null"});
    if (choice == 3) return std::to_string(below(100));
    return choice < 7 ? object(levels - 1) : array(levels - 1);
  }

  std::string object(std::size_t levels) {
    const std::size_t size = below(40) == 0 ? 17 + below(60) : below(8);
    std::string text = "{" + space();
    for (std::size_t index = 0; index < size; ++index) {
      text +=
          (index == 0 ? "" : ",") + space() + key() + space() + ":" + space() + value(size > 16 ? 0 : levels) + space();
    }
    return text + "}";
  }

  // One container inside another, `levels` times, with a little beside it at each level.
  std::string deep(std::size_t levels) {
    std::string text = value(1);
    for (std::size_t level = 0; level < levels; ++level) {
      if (below(3) == 0) {
        text = "[" + value(0) + "," + space() + text + "]";
      } else {
        text = "{" + key() + ":" + value(0) + "," + key() + ":" + text + "," + key() + ":" + space() + value(0) + "}";
      }
    }
    return text;
  }

  // `text` with a few bytes changed, removed or put in; still ASCII where it was.
  std::string damaged(std::string text) {
    constexpr std::string_view worst = "{}[],:\"\\u0123456789abcdefEtrunlN+-. \t\n\r/'\x01\x7f";
    for (std::size_t count = 1 + below(3); count > 0; --count) {
      const std::size_t place = below(text.size() + 1);
      switch (below(3)) {
        case 0:
          text.insert(place, 1, worst[below(worst.size())]);
          break;
        case 1:
          text.erase(place, 1 + below(2));
          break;
        default:
          if (place < text.size()) text[place] = worst[below(worst.size())];
      }
    }
    return text;
  }

  std::size_t below(std::size_t limit) { return static_cast<std::size_t>(random_() % limit); }

 private:
  int random_int(int limit) { return static_cast<int>(below(static_cast<std::size_t>(limit))); }

  template <std::size_t Size>
  std::string one_of(const std::array<const char*, Size>& choices) {
    return choices[below(Size)];
  }

  std::string space() { return below(3) == 0 ? one_of(std::array{" ", "\n", "\t", "\r\n", "   "}) : ""; }

  double any_double() {
    for (;;) {
      const auto value = std::bit_cast<double>(random_());
      if (std::isfinite(value)) return value;
    }
  }

  double any_fraction() { return std::ldexp(static_cast<double>(random_() >> 11), -53) * (below(4) == 0 ? -1 : 1); }

  // Exactly between two doubles, or a little to one side of it: all the digits decide which one is nearer.
  std::string half_way() {
    const double value = std::abs(below(8) == 0 ? std::ldexp(any_fraction(), -1022) : any_double());
    if (value == DBL_MAX) return "1.7976931348623158079e308";
    const long double middle = (static_cast<long double>(value) + std::nextafter(value, HUGE_VAL)) / 2;
    std::string text = print_double("%.*Le", 800, middle);
    const std::size_t e = text.find('e');
    const std::size_t last = text.find_last_not_of('0', e - 1);
    switch (below(3)) {
      case 0:
        return text;
      case 1:
        return text.insert(e, "1");
      default:
        --text[last];
        return text;
    }
  }

  std::string digits() {
    std::string text = below(3) == 0 ? "-" : "";
    const std::size_t whole = below(30);
    text += whole == 0 ? '0' : static_cast<char>('1' + below(9));
    for (std::size_t count = 1; count < whole; ++count) text += static_cast<char>('0' + below(10));
    if (below(2) == 0) {
      text += '.';
      const bool zeros = below(4) == 0;
      for (std::size_t count = 1 + below(30); count > 0; --count)
        text += zeros ? '0' : static_cast<char>('0' + below(10));
    }
    if (below(2) == 0) {
      text += one_of(std::array{"e", "E", "e+", "E+", "e-", "E-", "e0", "e-00"});
      text += std::to_string(below(below(3) == 0 ? 400 : 30));
    }
    return text;
  }

  std::string escaped(std::size_t unit) {
    std::array<char, 8> text{};
    std::snprintf(text.data(), text.size(), below(2) == 0 ? "\\u%04zx" : "\\u%04zX", unit);
    return text.data();
  }

  std::string raw(std::size_t code_point) {
    const auto byte = [](std::size_t value) { return static_cast<char>(static_cast<unsigned char>(value)); };
    if (code_point < 0x80) return {byte(code_point)};
    if (code_point < 0x800) return {byte(0xC0 | code_point >> 6), byte(0x80 | (code_point & 63))};
    if (code_point < 0x10000) {
      return {byte(0xE0 | code_point >> 12), byte(0x80 | (code_point >> 6 & 63)), byte(0x80 | (code_point & 63))};
    }
    return {byte(0xF0 | code_point >> 18), byte(0x80 | (code_point >> 12 & 63)), byte(0x80 | (code_point >> 6 & 63)),
            byte(0x80 | (code_point & 63))};
  }

  std::string character() {
    switch (below(9)) {
      case 0:
        return one_of(std::array{"\\\"", "\\\\", "\\/", "\\b", "\\f", "\\n", "\\r", "\\t"});
      case 1:
        return escaped(below(0x100));
      case 2:
        return escaped(below(0x10000));
      case 3:
        return escaped(0xD800 + below(0x800));  // a surrogate, likely alone
      case 4:
        return escaped(0xD800 + below(0x400)) + escaped(0xDC00 + below(0x400));  // a pair
      case 5:
        return raw(0x10000 + below(0x100000));
      case 6:
        return raw(below(2) == 0 ? 0x80 + below(0xD780) : 0xE000 + below(0x2000));
      case 7:
        return one_of(std::array{"\xE2\x80\xA8", "\xE2\x80\xA9", "\xEF\xBB\xBF", "\x7F", "\xEF\xBF\xBD", "'", "/"});
      default: {
        const std::size_t plain = 0x20 + below(0x5F);
        return plain == '"' || plain == '\\' ? "a" : raw(plain);
      }
    }
  }

  // Often one that the object has already, often one that JavaScript moves.
  std::string key() {
    switch (below(5)) {
      case 0:
        return "\"" + std::to_string(below(12)) + "\"";
      case 1:
        return one_of(std::array{"\"4294967293\"", "\"4294967294\"", "\"4294967295\"", "\"4294967296\"", "\"01\"",
                                 "\"-0\"", "\"-1\"", "\"1.0\"", "\"1e3\"", "\" 1\"", "\"\\u0031\"", "\"1\\u0030\"",
                                 "\"18446744073709551616\"", "\"9007199254740993\"", "\"00\"", "\"+1\"",
                                 "\"2147483648\""});
      case 2:
        return one_of(std::array{"\"a\"", "\"b\"", "\"c\"", "\"\\u0061\"", "\"\\u0062\"", "\"\"", "\"\\ud83d\"",
                                 "\"\\uD83D\"", "\"\\ud83d\\ude00\"", "\"\xF0\x9F\x98\x80\"", "\"a\\/b\"", "\"a/b\""});
      case 3:
        return one_of(std::array{"\"__proto__\"", "\"toJSON\"", "\"constructor\"", "\"length\"", "\"valueOf\"",
                                 "\"hasOwnProperty\"", "\"then\"", "\"\\u005f_proto__\"", "\"NaN\"", "\"Infinity\""});
      default:
        return below(2) == 0 ? string() : "\"" + std::to_string(random_() >> below(64)) + "\"";
    }
  }

  std::string array(std::size_t levels) {
    std::string text = "[";
    const std::size_t size = below(6);
    for (std::size_t index = 0; index < size; ++index)
      text += (index == 0 ? "" : ",") + space() + value(levels) + space();
    return text + space() + "]";
  }

  std::mt19937_64 random_;
};

}  // namespace crewship::testing_support
