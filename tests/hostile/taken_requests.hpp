// Requests that are well formed, however odd, to the daemon's own paths, and what the RFCs ask to answer.
#pragma once

#include <string>
#include <vector>

namespace crewship {

// The connection stays open unless `closes`.
struct TakenRequest {
  const char* what;
  std::string bytes;
  int status;
  bool closes = false;
};

inline std::vector<TakenRequest> taken_requests() {
  using namespace std::string_literals;
  const auto get = [](const std::string& target, const std::string& headers = "Host: localhost\r\n") {
    return "GET " + target + " HTTP/1.1\r\n" + headers + "\r\n";
  };
  const auto with_method = [](const std::string& method, const std::string& target) {
    return method + " " + target + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
  };
  const auto guess = [](const std::string& headers, const std::string& body = {}) {
    return "POST /webhooks/runs/x HTTP/1.1\r\nHost: localhost\r\n" + headers + "\r\n" + body;
  };
  const std::string chunked = "Transfer-Encoding: chunked\r\n";
  return {
      // Methods.
      {"GET", get("/healthz"), 200},
      {"HEAD", with_method("HEAD", "/healthz"), 200},
      {"a method that the path does not have", with_method("POST", "/healthz"), 405},
      {"OPTIONS", with_method("OPTIONS", "/healthz"), 405},
      {"TRACE", with_method("TRACE", "/healthz"), 405},
      {"a method of nobody's", with_method("BREW", "/healthz"), 405},
      {"a method in lower case", with_method("get", "/healthz"), 405},
      {"a method of odd characters", with_method("!#$%&'*+-.^_`|~", "/healthz"), 405},
      {"GET at the door", with_method("GET", "/webhooks/runs/x"), 405},
      {"HEAD at the door", with_method("HEAD", "/webhooks/runs/x"), 405},
      // Targets.
      {"a query", get("/healthz?a=b&a=b"), 200},
      {"a query as browsers send it", get("/healthz?a={b}|c^`d\\e[]"), 200},
      {"a query of broken escapes", get("/healthz?%zz=%"), 200},
      {"absolute form", get("http://localhost/healthz"), 200},
      {"absolute form with another host in the header", get("http://a/healthz", "Host: b\r\n"), 200},
      {"absolute form in other letters", get("HTTP://LOCALHOST:80/healthz"), 200},
      {"absolute form of https", get("https://localhost/healthz"), 200},
      {"absolute form with an empty port", get("http://localhost:/healthz"), 200},
      {"absolute form without a path", get("http://localhost"), 302},
      {"a path of other letters", get("/HEALTHZ"), 404},
      {"a path with a slash too many", get("//healthz"), 404},
      {"a path with a dot", get("/./healthz"), 404},
      {"a path with two dots", get("/x/../healthz"), 404},
      {"a path with two escaped dots", get("/x/%2e%2e/healthz"), 404},
      {"a path with an escaped slash", get("/x%2f..%2fhealthz"), 404},
      {"a path with a NUL", get("/healthz%00"), 404},
      {"a path with escaped line ends", get("/healthz%0d%0aX:%20y"), 404},
      {"a path with a broken escape", get("/%"), 404},
      {"a path with a parameter", get("/healthz;a=b"), 404},
      {"the door from above", get("/healthz/../v1/deployments"), 404},
      {"the API without a key", get("/v1/deployments"), 401},
      {"the API by two dots", get("/v1/../v1/deployments"), 401},
      {"the API by the door", with_method("POST", "/webhooks/runs/../../v1/deployments"), 404},
      {"what lies beside the console is the console", get("/console/../../etc/passwd"), 200},
      // Hosts.
      {"host with a port", get("/healthz", "Host: localhost:8080\r\n"), 200},
      {"host with an empty port", get("/healthz", "Host: localhost:\r\n"), 200},
      {"host in brackets", get("/healthz", "Host: [::1]:8080\r\n"), 200},
      {"host of capitals", get("/healthz", "HOST: LOCALHOST\r\n"), 200},
      {"host that is not ours", get("/healthz", "Host: example.com\r\n"), 200},
      {"host between tabs", get("/healthz", "Host:\tlocalhost\t\r\n"), 200},
      // Headers.
      {"no space behind a colon", get("/healthz", "Host:localhost\r\nX:y\r\n"), 200},
      {"an empty value", get("/healthz", "Host: localhost\r\nX:\r\n"), 200},
      {"a value outside ASCII", get("/healthz", "Host: localhost\r\nX: \xc3\xa4\xff\r\n"), 200},
      {"a name of odd characters", get("/healthz", "Host: localhost\r\n!#$%&'*+-.^_`|~: y\r\n"), 200},
      {"a header many times", get("/healthz", "Host: localhost\r\nX: a\r\nX: b\r\nX: c\r\n"), 200},
      {"an offer to speak another protocol",
       get("/healthz", "Host: localhost\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"), 200},
      {"names that hide what a proxy decides by",
       get("/healthz", "Host: localhost\r\nX-Forwarded-For: 127.0.0.1\r\nX-HTTP-Method-Override: DELETE\r\n"), 200},
      {"a coding with an underscore", guess("Transfer_Encoding: chunked\r\n"), 404},
      // Bodies.
      {"a length of nothing", guess("Content-Length: 0\r\n"), 404},
      {"no length", guess(""), 404},
      {"a length with zeros in front", guess("Content-Length: 0002\r\n", "{}"), 404},
      {"a body of GET", get("/healthz", "Host: localhost\r\nContent-Length: 5\r\n") + "hello", 200},
      {"a body that is a request",
       guess("Content-Length: " + std::to_string(get("/healthz").size()) + "\r\n", get("/healthz")), 404},
      {"chunked", guess(chunked, "2\r\n{}\r\n0\r\n\r\n"), 404},
      {"chunked in other letters", guess("transfer-encoding: CHUNKED\r\n", "2\r\n{}\r\n0\r\n\r\n"), 404},
      {"chunked between blanks", guess("Transfer-Encoding: \t chunked \t\r\n", "0\r\n\r\n"), 404},
      {"chunked with an extension", guess(chunked, "2;a=\"b\"\r\n{}\r\n0;c\r\n\r\n"), 404},
      {"chunked with a trailer", guess(chunked, "0\r\nX: y\r\n\r\n"), 404},
      {"chunked with a trailer that lies", guess(chunked, "0\r\nContent-Length: 100\r\nHost: b\r\n\r\n"), 404},
      {"chunked with zeros in front", guess(chunked, "0000000000000002\r\n{}\r\n000\r\n\r\n"), 404},
      {"chunked of GET", get("/healthz", "Host: localhost\r\n" + chunked) + "5\r\nhello\r\n0\r\n\r\n", 200},
      // Connections and versions.
      {"empty lines before", "\r\n\r\n" + get("/healthz"), 200},
      {"HTTP/1.2", "GET /healthz HTTP/1.2\r\nHost: localhost\r\n\r\n", 200},
      {"HTTP/1.9", "GET /healthz HTTP/1.9\r\nHost: localhost\r\n\r\n", 200},
      {"HTTP/1.0 without a host", "GET /healthz HTTP/1.0\r\n\r\n", 200, true},
      {"HTTP/1.0 that stays", "GET /healthz HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", 200},
      {"a client that leaves", get("/healthz", "Host: localhost\r\nConnection: close\r\n"), 200, true},
      {"a client that leaves, in a list", get("/healthz", "Host: localhost\r\nConnection: x, CLOSE\r\n"), 200, true},
      {"a client that stays and leaves",
       get("/healthz", "Host: localhost\r\nConnection: keep-alive\r\nConnection: close\r\n"), 200, true},
  };
}

}  // namespace crewship
