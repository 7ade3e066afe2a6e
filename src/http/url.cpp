#include <crewship/http/url.hpp>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <utility>

#include <boost/url/parse.hpp>

namespace crewship {
namespace {

constexpr std::size_t max_url_bytes = 2048;
constexpr std::size_t max_name_bytes = 253;  // RFC 1035 §2.3.4 as text: 255 bytes on the wire
constexpr std::size_t max_label_bytes = 63;

std::unexpected<Error> refuse(std::string message) {
  return fail(ErrorKind::invalid, "invalid_url", std::move(message));
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return c >= 'a' && c <= 'z'; }
bool is_hex_digit(char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); }

std::string lower_case(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

// What no URL may hold, each with its own sentence; the grammar alone would only say "not a URL".
Result<> check_bytes(std::string_view text) {
  if (text.empty()) return refuse("The URL is empty.");
  if (text.size() > max_url_bytes) return refuse("The URL is longer than 2048 bytes.");
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == ' ' || (c >= '\t' && c <= '\r')) return refuse("The URL contains white space; write a space as %20.");
    if (byte < 0x20 || byte == 0x7f) return refuse("The URL contains a control character.");
    if (byte >= 0x80) {
      return refuse(
          "The URL contains characters outside ASCII; percent-encode them, and write a host name in its xn-- form.");
    }
    if (c == '\\') return refuse("The URL contains a backslash.");
    if (c == '#') return refuse("The URL has a fragment (#); a fragment is never sent, so leave it out.");
  }
  return {};
}

// The URL standard reads 2130706433, 0x7f.1 and 0177.0.0.1 as 127.0.0.1, others read names (WHATWG URL, "ends in a
// number checker").
bool ends_in_a_number(std::string_view name) {
  const std::string_view last = name.substr(name.rfind('.') + 1);  // npos + 1 is 0: the whole name
  if (!last.empty() && std::ranges::all_of(last, is_digit)) return true;
  return last.starts_with("0x") && std::ranges::all_of(last.substr(2), is_hex_digit);
}

Result<> check_name(std::string_view name) {
  if (name.size() > max_name_bytes) return refuse("The host name is longer than 253 bytes.");
  std::size_t start = 0;
  while (start <= name.size()) {
    const std::size_t end = std::min(name.find('.', start), name.size());
    if (end == start) return refuse("The host name has an empty part between its dots.");
    if (end - start > max_label_bytes) return refuse("A part of the host name is longer than 63 bytes.");
    start = end + 1;
  }
  const bool fine =
      std::ranges::all_of(name, [](char c) { return is_letter(c) || is_digit(c) || c == '-' || c == '_' || c == '.'; });
  if (!fine) return refuse("The host name may have letters, digits, '-', '_' and dots only.");
  return {};
}

Result<> read_bracketed(TargetUrl& url, std::string_view inside) {
  boost::system::error_code error;
  const auto address = asio::ip::make_address_v6(std::string(inside), error);
  // A zone names an interface of this machine and means nothing to anybody else.
  if (error || inside.contains('%')) return refuse("The host in brackets is not an IPv6 address.");
  url.literal = address;
  url.host = address.to_string();
  return {};
}

Result<> read_host(TargetUrl& url, std::string_view encoded) {
  if (encoded.empty()) return refuse("The URL has no host.");
  if (encoded.front() == '[') return read_bracketed(url, encoded.substr(1, encoded.size() - 2));
  if (encoded.contains('%')) return refuse("The host name is percent-encoded; write it plainly.");

  std::string name = lower_case(encoded);
  boost::system::error_code error;
  const auto address = asio::ip::make_address_v4(name, error);
  if (!error && address.to_string() == name) {
    url.literal = address;
    url.host = std::move(name);
    return {};
  }
  url.rooted = name.ends_with('.');
  if (url.rooted) name.pop_back();
  if (name.empty()) return refuse("The URL has no host.");
  if (ends_in_a_number(name)) {
    return refuse("The host ends in a number but is not an IPv4 address; write four decimal numbers: 192.0.2.1.");
  }
  if (auto checked = check_name(name); !checked) return checked;
  url.host = std::move(name);
  return {};
}

Result<> read_port(TargetUrl& url, std::string_view digits) {
  if (digits.empty()) {
    url.port = url.tls ? 443 : 80;
    return {};
  }
  const char* const end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, url.port);
  if (error != std::errc{} || stop != end || url.port == 0) return refuse("The port must be between 1 and 65535.");
  return {};
}

// RFC 3986 §3.2, by hand: Boost.URL 1.81 takes 1.2.3.4.example.com for the address 1.2.3.4 and the path .example.com,
// and h:8x for port 8. What is dialled must be what every other reader of the URL sees.
Result<> read_authority(TargetUrl& url, std::string_view authority) {
  if (authority.contains('@')) {
    return refuse("The URL contains a user name or password; use a header of the webhook instead.");
  }
  std::size_t host_end = authority.find(':');
  if (authority.starts_with('[')) {
    const std::size_t bracket = authority.find(']');
    if (bracket == std::string_view::npos) return refuse("The host in brackets has no closing bracket.");
    host_end = bracket + 1;
  }
  host_end = std::min(host_end, authority.size());
  if (auto read = read_host(url, authority.substr(0, host_end)); !read) return read;
  std::string_view port = authority.substr(host_end);
  if (!port.empty() && port.front() != ':') return refuse("The URL has something other than a port behind its host.");
  if (!port.empty()) port.remove_prefix(1);
  return read_port(url, port);
}

}  // namespace

std::string TargetUrl::authority() const {
  std::string text = literal && literal->is_v6() ? "[" + host + "]" : host;
  if (port != (tls ? 443 : 80)) text += ":" + std::to_string(port);
  return text;
}

Result<TargetUrl> TargetUrl::parse(std::string_view text) {
  if (auto checked = check_bytes(text); !checked) return std::unexpected(checked.error());
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return refuse("The URL must begin with http:// or https://.");

  TargetUrl url;
  const std::string scheme = lower_case(text.substr(0, colon));
  if (scheme != "http" && scheme != "https") return refuse("The URL must begin with http:// or https://.");
  url.tls = scheme == "https";
  std::string_view rest = text.substr(colon + 1);
  if (!rest.starts_with("//")) return refuse("The URL has no host; it must look like https://example.com/path.");
  rest.remove_prefix(2);

  const std::string_view authority = rest.substr(0, rest.find_first_of("/?"));
  if (auto read = read_authority(url, authority); !read) return std::unexpected(read.error());
  url.target = rest.substr(authority.size());
  if (!url.target.starts_with('/')) url.target.insert(0, 1, '/');
  if (!boost::urls::parse_origin_form(url.target)) {
    return refuse("The path or query of the URL is not valid; percent-encode what is not allowed there.");
  }
  return url;
}

}  // namespace crewship
