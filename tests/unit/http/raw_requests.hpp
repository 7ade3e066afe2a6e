// Requests that must be refused, with the status: shared by the parser's own test and by the one over sockets.
#pragma once

#include <string>
#include <vector>

namespace crewship {

struct RawRequest {
  const char* what;
  std::string bytes;
  int status;
};

inline std::string with_headers(const std::string& headers) { return "POST /a HTTP/1.1\r\n" + headers + "\r\n"; }
inline std::string with_host_and(const std::string& headers) { return with_headers("Host: localhost\r\n" + headers); }
inline std::string with_target(const std::string& target) {
  return "GET " + target + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
}

inline std::vector<RawRequest> refused_heads() {
  using namespace std::string_literals;
  return {
      // Who decides where the body ends.
      {"gzip", with_host_and("Transfer-Encoding: gzip\r\n"), 400},
      {"gzip before chunked", with_host_and("Transfer-Encoding: gzip, chunked\r\n"), 400},
      {"chunked before gzip", with_host_and("Transfer-Encoding: chunked, gzip\r\n"), 400},
      {"chunked twice", with_host_and("Transfer-Encoding: chunked, chunked\r\n"), 400},
      {"chunked in two headers", with_host_and("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), 400},
      {"identity", with_host_and("Transfer-Encoding: identity\r\n"), 400},
      {"identity beside chunked", with_host_and("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n"), 400},
      {"empty coding", with_host_and("Transfer-Encoding:\r\n"), 400},
      {"coding with a parameter", with_host_and("Transfer-Encoding: chunked;q=1\r\n"), 400},
      {"quoted coding", with_host_and("Transfer-Encoding: \"chunked\"\r\n"), 400},
      {"nearly chunked", with_host_and("Transfer-Encoding: xchunked\r\n"), 400},
      {"chunked with a vertical tab", with_host_and("Transfer-Encoding: \x0b"s + "chunked\r\n"), 400},
      {"coding and length", with_host_and("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"), 400},
      {"length and coding", with_host_and("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"), 400},
      {"coding on 1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
      {"length twice", with_host_and("Content-Length: 5\r\nContent-Length: 5\r\n"), 400},
      {"two lengths", with_host_and("Content-Length: 5\r\nContent-Length: 6\r\n"), 400},
      {"list of lengths", with_host_and("Content-Length: 5, 5\r\n"), 400},
      {"length in words", with_host_and("Content-Length: five\r\n"), 400},
      {"length with a sign", with_host_and("Content-Length: +5\r\n"), 400},
      {"negative length", with_host_and("Content-Length: -1\r\n"), 400},
      {"hexadecimal length", with_host_and("Content-Length: 0x5\r\n"), 400},
      {"length with a fraction", with_host_and("Content-Length: 5.0\r\n"), 400},
      {"length with a space inside", with_host_and("Content-Length: 1 0\r\n"), 400},
      {"empty length", with_host_and("Content-Length:\r\n"), 400},
      {"length over 64 bits", with_host_and("Content-Length: 18446744073709551616\r\n"), 400},
      {"length of 40 digits", with_host_and("Content-Length: " + std::string(40, '0') + "\r\n"), 400},
      // Whose request it is.
      {"no host", with_headers(""), 400},
      {"two hosts", with_headers("Host: a\r\nHost: b\r\n"), 400},
      {"the same host twice", with_headers("Host: a\r\nhost: a\r\n"), 400},
      {"two hosts on 1.0", "GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n", 400},
      {"empty host", with_headers("Host:\r\n"), 400},
      {"host with a space", with_headers("Host: a b\r\n"), 400},
      {"host with a path", with_headers("Host: a/b\r\n"), 400},
      {"host with a user", with_headers("Host: u@a\r\n"), 400},
      {"host with a scheme", with_headers("Host: http://a\r\n"), 400},
      {"list of hosts", with_headers("Host: a, b\r\n"), 400},
      {"host with port in words", with_headers("Host: a:http\r\n"), 400},
      {"host with a port over 65535", with_headers("Host: a:65536\r\n"), 400},
      {"host with a signed port", with_headers("Host: a:-80\r\n"), 400},
      {"host with a long port", with_headers("Host: a:808080\r\n"), 400},
      {"host with two ports", with_headers("Host: a:80:80\r\n"), 400},
      {"host that is a port", with_headers("Host: :80\r\n"), 400},
      {"open bracket", with_headers("Host: [::1\r\n"), 400},
      {"words in brackets", with_headers("Host: [localhost]\r\n"), 400},
      {"address without brackets", with_headers("Host: ::1\r\n"), 400},
      {"host outside ASCII", with_headers("Host: b\xc3\xbc"s + "cher.example\r\n"), 400},
      // Lines.
      {"folded header", with_host_and("X: a\r\n b\r\n"), 400},
      {"folded with a tab", with_host_and("X: a\r\n\tb\r\n"), 400},
      {"first header folded", with_headers(" Host: localhost\r\n"), 400},
      {"space before the colon", with_host_and("Content-Length : 5\r\n"), 400},
      {"tab before the colon", with_host_and("Transfer-Encoding\t: chunked\r\n"), 400},
      {"header without a name", with_host_and(": value\r\n"), 400},
      {"header without a colon", with_host_and("nonsense\r\n"), 400},
      {"parenthesis in a name", with_host_and("X(a): b\r\n"), 400},
      {"name outside ASCII", with_host_and("X-\xc3\xa4: b\r\n"), 400},
      {"NUL in a name", with_host_and("X\0Y: b\r\n"s), 400},
      {"NUL in a value", with_host_and("X: a\0b\r\n"s), 400},
      {"bell in a value", with_host_and("X: a\ab\r\n"), 400},
      {"DEL in a value", with_host_and("X: a\x7f\r\n"), 400},
      {"CR in a value", with_host_and("X: a\rb\r\n"), 400},
      {"CR at a value's end", with_host_and("X: a\r\r\n"), 400},
      {"CR alone ends a header", with_host_and("X: a\rY: b\r\n"), 400},
      {"CR before the empty line", "GET / HTTP/1.1\r\nHost: a\r\n\r\r\n\r\n", 400},
      {"LF alone everywhere", "GET / HTTP/1.1\nHost: a\n\n", 400},
      {"LF alone after the request line", "GET / HTTP/1.1\nHost: a\r\n\r\n", 400},
      {"LF alone after a header", "GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n", 400},
      {"LF alone for the empty line", "GET / HTTP/1.1\r\nHost: a\r\n\n", 400},
      // The request line.
      {"HTTP/0.9", "GET /\r\n", 400},
      {"no target", "GET\r\n\r\n", 400},
      {"empty target", "GET  HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"two spaces", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"two spaces before the version", "GET /  HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"tab between", "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"space before the method", " GET / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"space after the version", "GET / HTTP/1.1 \r\nHost: a\r\n\r\n", 400},
      {"space in the target", with_target("/a b"), 400},
      {"tab in the target", with_target("/a\tb"), 400},
      {"NUL in the target", with_target("/a\0b"s), 400},
      {"DEL in the target", with_target("/a\x7f"), 400},
      {"CR in the target", with_target("/a\rb"), 400},
      {"high bit in the target", with_target("/\xc3\xa4"), 400},
      {"fragment in the target", with_target("/a#b"), 400},
      {"asterisk", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"authority form", with_target("example.com:80"), 400},
      {"relative path", with_target("a/b"), 400},
      {"other scheme", with_target("ftp://example.com/"), 400},
      {"absolute form without a host", with_target("http:///a"), 400},
      {"absolute form with a user", with_target("http://u:p@example.com/"), 400},
      {"method with a bracket", "GE[T / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"method with a NUL", "G\0T / HTTP/1.1\r\nHost: a\r\n\r\n"s, 400},
      {"method outside ASCII", "G\xc3\x8bT / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"long method", std::string(33, 'A') + " / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"TLS on a plain port", "\x16\x03\x01\x02"s, 400},
      {"CONNECT", "CONNECT example.com:443 HTTP/1.1\r\nHost: example.com\r\n\r\n", 405},
      {"lower-case version", "GET / http/1.1\r\nHost: a\r\n\r\n", 400},
      {"other protocol", "GET / HTTPS/1.1\r\nHost: a\r\n\r\n", 400},
      {"version without a minor", "GET / HTTP/1\r\nHost: a\r\n\r\n", 400},
      {"version with two digits", "GET / HTTP/1.10\r\nHost: a\r\n\r\n", 400},
      {"HTTP/1.2", "GET / HTTP/1.2\r\nHost: a\r\n\r\n", 505},
      {"HTTP/2.0", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
      {"HTTP/0.9 by number", "GET / HTTP/0.9\r\nHost: a\r\n\r\n", 505},
      {"other expectation", with_host_and("Expect: 200-ok\r\n"), 417},
      {"expectation with more", with_host_and("Expect: 100-continue, x\r\n"), 417},
      // Too much.
      {"target too long", with_target("/" + std::string(8192, 'a')), 414},
      {"endless target", "GET /" + std::string(9000, 'a'), 414},
      {"too many headers",
       [] {
         std::string headers;
         for (int i = 0; i < 100; ++i) headers += "X: y\r\n";
         return with_host_and(headers);
       }(),
       431},
      {"header too long", with_host_and("X: " + std::string(16384, 'a') + "\r\n"), 431},
      {"endless header", "GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(16384, 'a'), 431},
  };
}

inline std::vector<RawRequest> refused_bodies() {
  using namespace std::string_literals;
  const auto chunked = [](const std::string& body) { return with_host_and("Transfer-Encoding: chunked\r\n") + body; };
  return {
      {"size in words", chunked("five\r\nhello\r\n0\r\n\r\n"), 400},
      {"size with a prefix", chunked("0x5\r\nhello\r\n0\r\n\r\n"), 400},
      {"size with a sign", chunked("+5\r\nhello\r\n0\r\n\r\n"), 400},
      {"negative size", chunked("-5\r\nhello\r\n0\r\n\r\n"), 400},
      {"no size", chunked("\r\nhello\r\n0\r\n\r\n"), 400},
      {"no size, but an extension", chunked(";a=b\r\nhello\r\n0\r\n\r\n"), 400},
      {"space before the size", chunked(" 5\r\nhello\r\n0\r\n\r\n"), 400},
      {"space after the size", chunked("5 \r\nhello\r\n0\r\n\r\n"), 400},
      {"size of 17 digits", chunked("00000000000000005\r\nhello\r\n0\r\n\r\n"), 400},
      {"LF alone after the size", chunked("5\nhello\r\n0\r\n\r\n"), 400},
      {"CR alone after the size", chunked("5\rhello\r\n0\r\n\r\n"), 400},
      {"LF alone in an extension", chunked("5;a\nhello\r\n0\r\n\r\n"), 400},
      {"NUL in an extension", chunked("5;a\0b\r\nhello\r\n0\r\n\r\n"s), 400},
      {"long extension", chunked("5;" + std::string(257, 'a') + "\r\nhello\r\n0\r\n\r\n"), 400},
      {"many extensions", chunked([] {
         std::string chunks;
         for (int i = 0; i < 100; ++i) chunks += "1;" + std::string(200, 'a') + "\r\nx\r\n";
         return chunks;
       }()),
       400},
      {"more data than announced", chunked("5\r\nhello!\r\n0\r\n\r\n"), 400},
      {"less data than announced", chunked("5\r\nhell\r\n0\r\n\r\n"), 400},
      {"LF alone after the data", chunked("5\r\nhello\n0\r\n\r\n"), 400},
      {"trailer that is no header", chunked("0\r\nnonsense\r\n\r\n"), 400},
      {"folded trailer", chunked("0\r\nX: a\r\n b\r\n\r\n"), 400},
      {"LF alone after a trailer", chunked("0\r\nX: a\n\r\n"), 400},
      {"long trailer", chunked("0\r\nX: " + std::string(4096, 'a') + "\r\n\r\n"), 400},
      {"many trailers", chunked([] {
         std::string trailers = "0\r\n";
         for (int i = 0; i < 1000; ++i) trailers += "X: y\r\n";
         return trailers;
       }()),
       400},
      {"size over the limit", chunked("100001\r\n"), 413},
      {"size over 64 bits", chunked("fffffffffffffff0\r\n"), 413},
      {"length over the limit", with_host_and("Content-Length: 1048577\r\n"), 413},
      {"length over the limit, expecting", with_host_and("Content-Length: 1048577\r\nExpect: 100-continue\r\n"), 413},
      {"length far over the limit", with_host_and("Content-Length: 999999999999999999\r\n"), 413},
  };
}

}  // namespace crewship
