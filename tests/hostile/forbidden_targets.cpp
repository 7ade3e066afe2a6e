#include "forbidden_targets.hpp"

#include <array>
#include <cstdint>
#include <string_view>

#include <fmt/format.h>

namespace crewship::testing_support {
namespace {

using Quad = std::array<unsigned, 4>;

unsigned high(const Quad& q) { return q[0] * 256 + q[1]; }
unsigned low(const Quad& q) { return q[2] * 256 + q[3]; }
std::uint64_t number(const Quad& q) { return (std::uint64_t{high(q)} << 16U) + low(q); }

std::string dotted(const Quad& q) { return fmt::format("{}.{}.{}.{}", q[0], q[1], q[2], q[3]); }

// Each digit and dot in another alphabet that lenient readers turn back into ASCII.
std::string transliterated(std::string_view text, const std::array<std::string_view, 10>& digits,
                           std::string_view dot) {
  std::string result;
  for (const char c : text) result += c == '.' ? dot : digits.at(static_cast<std::size_t>(c - '0'));
  return result;
}

std::string percent_encoded(std::string_view text) {
  std::string result;
  for (const char c : text) result += fmt::format("%{:02x}", static_cast<unsigned char>(c));
  return result;
}

std::vector<std::string> v4_hosts(const Quad& q) {
  const std::string plain = dotted(q);
  constexpr std::array<std::string_view, 10> wide{"０", "１", "２", "３", "４", "５", "６", "７", "８", "９"};
  constexpr std::array<std::string_view, 10> circled{"⓪", "①", "②", "③", "④", "⑤", "⑥", "⑦", "⑧", "⑨"};
  constexpr std::array<std::string_view, 10> arabic{"٠", "١", "٢", "٣", "٤", "٥", "٦", "٧", "٨", "٩"};
  return {
      plain,
      plain + ".",
      fmt::format("{}", number(q)),
      fmt::format("{}.", number(q)),
      fmt::format("0x{:x}", number(q)),
      fmt::format("0X{:X}", number(q)),
      fmt::format("0{:o}", number(q)),
      fmt::format("{}", number(q) + 0x100000000ULL),  // for readers that keep 32 bits
      fmt::format("0x1{:08x}", number(q)),
      fmt::format("{}.{}", q[0], (q[1] << 16U) + low(q)),
      fmt::format("{}.{}.{}", q[0], q[1], low(q)),
      fmt::format("0x{:x}.0x{:x}.0x{:x}.0x{:x}", q[0], q[1], q[2], q[3]),
      fmt::format("0{:o}.0{:o}.0{:o}.0{:o}", q[0], q[1], q[2], q[3]),
      fmt::format("000{:o}.{}.{}.{}", q[0], q[1], q[2], q[3]),
      fmt::format("{}.0x{:x}.0{:o}.{}", q[0], q[1], q[2], q[3]),
      fmt::format("0x{:x}.{}", q[0], (q[1] << 16U) + low(q)),
      fmt::format("{:03}.{:03}.{:03}.{:03}", q[0], q[1], q[2], q[3]),
      fmt::format("{}.{}.{}.{}", q[0] + 256, q[1], q[2], q[3]),  // for readers that keep 8 bits
      percent_encoded(plain),
      transliterated(plain, wide, "."),
      transliterated(plain, circled, "."),
      transliterated(plain, arabic, "."),
      transliterated(plain, {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"}, "。"),
      fmt::format("[::ffff:{}]", plain),
      fmt::format("[::ffff:{:x}:{:x}]", high(q), low(q)),
      fmt::format("[0:0:0:0:0:ffff:{:04x}:{:04x}]", high(q), low(q)),
      fmt::format("[::{}]", plain),
      fmt::format("[::ffff:0:{}]", plain),
      fmt::format("[64:ff9b::{}]", plain),
      fmt::format("[64:ff9b:1::{}]", plain),
      fmt::format("[2002:{:x}:{:x}::1]", high(q), low(q)),
      fmt::format("[2001:0:0808:0808::{:x}:{:x}]", high(q) ^ 0xFFFFU, low(q) ^ 0xFFFFU),  // Teredo's client
      fmt::format("[2001:0:{:x}:{:x}::f7f7:f7f7]", high(q), low(q)),                      // Teredo's server
      fmt::format("good.test@{}", plain),
      fmt::format("good.test:80@{}", plain),
      fmt::format("good.test\\@{}", plain),
      fmt::format("good.test%40{}", plain),
      fmt::format("good.test#@{}", plain),
      fmt::format("{}#good.test", plain),
      fmt::format("{}\\good.test", plain),
      fmt::format("{}:80:80", plain),
      fmt::format(" {}", plain),
      fmt::format("{}\t", plain),
      fmt::format("{}\\n", plain),
      fmt::format("\\{}", plain),
  };
}

}  // namespace

ForbiddenTargets forbidden_targets() {
  ForbiddenTargets targets;
  const auto name = [&targets](const std::string& host, std::vector<std::string> addresses) {
    targets.names[host] = std::move(addresses);
    targets.urls.push_back("http://" + host + "/");
  };
  constexpr std::array<Quad, 3> dangerous{{{127, 0, 0, 1}, {169, 254, 169, 254}, {10, 0, 0, 1}}};
  for (const Quad& quad : dangerous) {
    for (const std::string& host : v4_hosts(quad)) targets.urls.push_back("http://" + host + "/");
    const std::string plain = dotted(quad);
    targets.urls.push_back("https://" + plain + "/");
    targets.urls.push_back("http://" + plain + ":8080/");
    targets.urls.push_back("HTTP://" + plain);
    name(fmt::format("a{}.test", quad[0]), {plain});
    name(fmt::format("mapped{}.test", quad[0]), {"::ffff:" + plain});
    name(fmt::format("nat64-{}.test", quad[0]), {"64:ff9b::" + plain});
    name(fmt::format("sixtofour{}.test", quad[0]), {fmt::format("2002:{:x}:{:x}::1", high(quad), low(quad))});
    name(fmt::format("two-of-{}.test", quad[0]), {plain, "::1"});
    targets.urls.push_back(fmt::format("https://a{}.test/", quad[0]));
    targets.urls.push_back(fmt::format("http://A{}.TEST./", quad[0]));
  }
  for (const char* host : {"0.0.0.0",
                           "0.1.2.3",
                           "127.255.255.254",
                           "172.16.0.1",
                           "172.31.255.255",
                           "192.168.1.1",
                           "100.64.0.1",
                           "100.127.255.254",
                           "169.254.170.2",
                           "169.254.170.23",
                           "169.254.1.1",
                           "100.100.100.200",
                           "168.63.129.16",
                           "192.0.0.192",
                           "192.0.2.1",
                           "198.18.0.1",
                           "198.51.100.1",
                           "203.0.113.1",
                           "192.88.99.1",
                           "224.0.0.1",
                           "239.255.255.255",
                           "240.0.0.1",
                           "255.255.255.255",
                           "[::]",
                           "[::1]",
                           "[0:0:0:0:0:0:0:1]",
                           "[0000:0000:0000:0000:0000:0000:0000:0001]",
                           "[::0001]",
                           "[::1%25lo]",
                           "[::1%lo]",
                           "[fe80::1]",
                           "[fe80::1%25lo]",
                           "[fe80::1%251]",
                           "[fec0::1]",
                           "[fc00::1]",
                           "[fd00::1]",
                           "[fd00:ec2::254]",
                           "[fd20:ce::254]",
                           "[ff02::1]",
                           "[2001:db8::1]",
                           "[2001:10::1]",
                           "[100::1]",
                           "[5f00::1]",
                           "[3fff::1]",
                           "[v1.fe80::1]",
                           "[::1",
                           "::1",
                           "localhost",
                           "LOCALHOST",
                           "localhost.",
                           "ip6-localhost",
                           "localhost:8080",
                           "127.1",
                           "0",
                           "0x0",
                           "00",
                           "1",
                           "127.0.0.1.",
                           "..127.0.0.1",
                           "0x7f.1",
                           "0x",
                           "xn--127-0-0-1.test",
                           "[::ffff:0x7f000001]"}) {
    targets.urls.push_back("http://" + std::string(host) + "/");
  }
  for (const char* url : {"http:127.0.0.1",
                          "http:/127.0.0.1/",
                          "http:///127.0.0.1/",
                          "http:\\\\127.0.0.1\\",
                          "//127.0.0.1/",
                          "127.0.0.1/",
                          "ftp://127.0.0.1/",
                          "file:///etc/passwd",
                          "gopher://127.0.0.1:80/_x",
                          "dict://127.0.0.1:80/",
                          "ws://127.0.0.1/",
                          "unix:///run/x.sock",
                          "data:text/plain,x",
                          "javascript:alert(1)",
                          "http://",
                          "http://@/",
                          "http://:80/",
                          "http://127.0.0.1:0/",
                          "http://127.0.0.1:65616/",
                          "http://127.0.0.1: 80/"}) {
    targets.urls.emplace_back(url);
  }
  name("v6.test", {"::1"});
  name("local6.test", {"fe80::1"});
  name("unique6.test", {"fd00:ec2::254"});
  name("teredo.test", {"2001:0:808:808::80ff:fffe"});
  name("unspecified.test", {"0.0.0.0", "::"});
  name("many.test", {"10.0.0.1", "192.168.1.1", "172.16.0.1", "127.0.0.1", "169.254.169.254"});
  name("none.test", {});
  return targets;
}

}  // namespace crewship::testing_support
