#include "api_client.hpp"

#include <exception>
#include <expected>
#include <optional>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <crewship/client/progress.hpp>
#include <crewship/http/client.hpp>

#include "answer_json.hpp"

namespace crewship {
namespace {

// The longest that the server lets a caller wait for a free slot is its operator's choice; 25 s by default.
constexpr std::chrono::seconds patience{90};
constexpr std::size_t max_answer_bytes = std::size_t{1} << 30;

void end_on_bug(const std::exception_ptr& error) {
  if (error) std::rethrow_exception(error);
}

Task<void> fetch(HttpClient& client, ClientRequest request,
                 std::optional<std::expected<ClientResponse, ClientError>>& result, Timer& ticker) {
  result = co_await client.send(std::move(request));
  client.close();
  ticker.wake();
}

Task<void> show_progress(Progress& progress, Timer& ticker) {
  while (co_await ticker.wait(Progress::interval)) progress.show();
}

ErrorKind kind_of(int status) {
  switch (status) {
    case 401:
      return ErrorKind::unauthorized;
    case 404:
      return ErrorKind::not_found;
    case 409:
      return ErrorKind::conflict;
    default:
      return status / 100 == 5 ? ErrorKind::unavailable : ErrorKind::invalid;
  }
}

Error refusal(const std::string& server, const ClientResponse& response, const std::string& body) {
  Error error{.kind = kind_of(response.status),
              .code = "http_" + std::to_string(response.status),
              .message = server + " answered with status " + std::to_string(response.status) + "."};
  if (const auto document = read_json(body); document && document->contains("error")) {
    const auto& said = (*document)["error"];
    if (said.is_object()) {
      error.code = text_at(said, "code");
      error.message = text_at(said, "message");
      error.field = text_at(said, "field");
      error.run_id = text_at(said, "run_id");
    }
  } else if (response.status / 100 != 5) {
    error.message += " Is it a crewshipd?";
  }
  if (response.status == 401) error.message += " Give the key with --api-key-file, or in CREWSHIP_API_KEY.";
  return error;
}

}  // namespace

struct ApiClient::Exchange {
  std::string method;
  std::string path;
  std::string body;
  Headers headers;
  const std::function<void(std::string_view)>* on_piece = nullptr;
};

Result<ApiClient> ApiClient::make(std::string_view server, std::string api_key, Clock& clock) {
  while (server.ends_with('/')) server.remove_suffix(1);
  const auto url = TargetUrl::parse(server);
  if (!url) return wrong_use("--server " + std::string(server) + ": " + url.error().message);
  if (url->target.contains('?')) return wrong_use("--server " + std::string(server) + ": a server has no query.");
  return ApiClient(std::string(server), std::move(api_key), clock);
}

ApiClient::ApiClient(std::string server, std::string api_key, Clock& clock)
    : server_(std::move(server)), api_key_(std::move(api_key)), clock_(&clock) {}
ApiClient::~ApiClient() = default;
ApiClient::ApiClient(ApiClient&&) noexcept = default;
ApiClient& ApiClient::operator=(ApiClient&&) noexcept = default;

Result<ApiAnswer> ApiClient::call(std::string_view method, std::string_view path, std::string body, Headers headers) {
  if (!body.empty()) headers.emplace_back("Content-Type", "application/json");
  return perform({std::string(method), std::string(path), std::move(body), std::move(headers)});
}

Result<ApiAnswer> ApiClient::stream(std::string_view path, Headers headers,
                                    const std::function<void(std::string_view piece)>& on_piece) {
  return perform({"GET", std::string(path), {}, std::move(headers), &on_piece});
}

Result<ApiAnswer> ApiClient::perform(Exchange exchange) {
  auto url = TargetUrl::parse(server_ + exchange.path);
  if (!url) return std::unexpected(url.error());
  std::string body;
  bool too_long = false;
  ClientRequest request{.url = *std::move(url),
                        .headers = std::move(exchange.headers),
                        .body = std::move(exchange.body),
                        .timeout = patience,
                        .method = std::move(exchange.method)};
  request.headers.emplace_back("Accept", "*/*");
  if (!api_key_.empty()) request.headers.emplace_back("Authorization", "Bearer " + api_key_);
  request.on_body = [&](const ClientResponse& head, std::string_view piece) {
    if (exchange.on_piece != nullptr && head.status == 200) return (*exchange.on_piece)(piece);
    too_long = too_long || body.size() + piece.size() > max_answer_bytes;
    if (!too_long) body += piece;
  };

  asio::io_context loop(1);
  // The user names the server, so there is no address that must not be dialled.
  HttpClient client(loop.get_executor(), *clock_, ClientOptions{.idle_connections_per_host = 0},
                    [](const asio::ip::address&) { return std::nullopt; });
  std::optional<std::expected<ClientResponse, ClientError>> result;
  const auto ticker = clock_->make_timer(loop.get_executor());
  Progress progress("waiting for " + server_, *clock_);
  asio::co_spawn(loop, fetch(client, std::move(request), result, *ticker), end_on_bug);
  // A stream shows by what it brings that it goes on.
  if (exchange.on_piece == nullptr) asio::co_spawn(loop, show_progress(progress, *ticker), end_on_bug);
  loop.run();
  progress.clear();

  if (!result->has_value()) {
    return fail(ErrorKind::unavailable, std::string(unreachable_code),
                "Cannot reach " + server_ + ": " + result->error().message + ".");
  }
  if (too_long) return fail(ErrorKind::unavailable, "answer_too_long", "The answer of " + server_ + " is too long.");
  ClientResponse& head = **result;
  if (head.status / 100 != 2) return std::unexpected(refusal(server_, head, body));
  return ApiAnswer{head.status, std::move(head.headers), std::move(body)};
}

std::string percent_encoded(std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' ||
                       c == '_' || c == '.' || c == '~';
    if (plain) {
      out += c;
    } else {
      out.append("%").append(1, digits[byte >> 4]).append(1, digits[byte & 15]);
    }
  }
  return out;
}

}  // namespace crewship
