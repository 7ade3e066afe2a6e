// The API of one server, as calls that wait for their answer. Each call uses a connection of its own, so that a request
// is never sent twice. TLS is verified against the system's authorities (or SSL_CERT_FILE). A call that lasts longer
// than a second says so on a terminal. One thread.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <crewship/base/clock.hpp>
#include <crewship/base/error.hpp>
#include <crewship/http/message.hpp>
#include <crewship/http/url.hpp>

namespace crewship {

struct ApiAnswer {
  int status = 0;
  Headers headers;
  std::string body;
};

// The error codes of this side; all others are the server's.
inline constexpr std::string_view unreachable_code = "unreachable";
inline constexpr std::string_view wrong_use_code = "wrong_use";
inline std::unexpected<Error> wrong_use(std::string message) {
  return fail(ErrorKind::invalid, std::string(wrong_use_code), std::move(message));
}

class ApiClient {
 public:
  // The server's URL, perhaps with the path under which a proxy has it.
  static Result<ApiClient> make(std::string_view server, std::string api_key, Clock& clock);
  ~ApiClient();
  ApiClient(ApiClient&&) noexcept;
  ApiClient& operator=(ApiClient&&) noexcept;

  const std::string& server() const { return server_; }

  // Answers of 2xx only; all others are errors with the server's own code and message. `path` begins with a slash.
  Result<ApiAnswer> call(std::string_view method, std::string_view path, std::string body = {}, Headers headers = {});
  Result<ApiAnswer> get(std::string_view path) { return call("GET", path); }
  // The body goes to `on_piece` as it comes; the answer is the head.
  Result<ApiAnswer> stream(std::string_view path, Headers headers,
                           const std::function<void(std::string_view piece)>& on_piece);

 private:
  struct Exchange;
  ApiClient(std::string server, std::string api_key, Clock& clock);
  Result<ApiAnswer> perform(Exchange exchange);

  std::string server_;
  std::string api_key_;
  Clock* clock_;
};

// A text as one segment of a path or one value of a query (RFC 3986, 2.1).
std::string percent_encoded(std::string_view text);

}  // namespace crewship
