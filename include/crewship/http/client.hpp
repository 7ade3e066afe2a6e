// The HTTP/1.1 client of deliveries and of the command line: one request, no redirects, no cookies, no proxies, no
// compression. Resolves the name with c-ares on the loop, asks `may_dial` for each address, dials only a checked one
// (happy eyeballs is not needed: the checked addresses are tried in order), verifies certificates against the system's
// store and the host name, TLS 1.2 or newer. Keeps connections alive and reuses one only when its peer address is among
// the addresses checked this time. Loop thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <boost/asio/ip/address.hpp>

#include <crewship/base/asio.hpp>
#include <crewship/base/clock.hpp>
#include <crewship/base/error.hpp>
#include <crewship/http/message.hpp>
#include <crewship/http/url.hpp>

namespace crewship {

struct ClientResponse {
  int status = 0;
  Headers headers;
  std::string body;  // at most max_response_body_bytes
};

struct ClientRequest {
  TargetUrl url;
  Headers headers;  // Host, Content-Length and Connection are the client's
  std::string body;
  std::chrono::milliseconds timeout = std::chrono::seconds(30);  // start of the look-up to the last header
  std::size_t max_response_body_bytes = 16384;                   // read no further; the connection is then closed
  std::string method = "POST";
  // When set, the whole body of the answer comes here, piece by piece, however long it goes on. `timeout` is then the
  // longest time until the head and from one piece to the next, and a body that breaks off is an error.
  std::function<void(const ClientResponse& head, std::string_view piece)> on_body = {};
};

enum class ClientFailure { resolve, refused_by_guard, connect, tls, timeout, protocol, closed };
struct ClientError {
  ClientFailure failure = ClientFailure::protocol;
  std::string message;  // in words, for the attempt's record: "connection refused by 127.0.0.1:9"
};

// How names are looked up. The defaults are the system's; tests bring a name server of their own.
struct DnsOptions {
  std::filesystem::path resolv_conf = "/etc/resolv.conf";  // read again when it changes
  std::uint16_t port = 53;
  std::chrono::milliseconds try_timeout = std::chrono::seconds(2);  // then the next server is asked; doubles each round
};

struct ClientOptions {
  DnsOptions dns{};
  std::size_t idle_connections_per_host = 128;  // many webhooks may share a receiver
  std::size_t idle_connections = 256;
  std::chrono::milliseconds idle_timeout = std::chrono::seconds(30);
  std::size_t max_response_header_bytes = 16384;
};

class HttpClient {
 public:
  // Why an address must not be dialled, or nothing when it may.
  using DialPolicy = std::function<std::optional<std::string>(const asio::ip::address&)>;

  HttpClient(Executor executor, Clock& clock, ClientOptions options, DialPolicy policy);
  ~HttpClient();
  // Terminal cancellation ends it by throwing operation_aborted. Errors of the network are values.
  Task<std::expected<ClientResponse, ClientError>> send(ClientRequest request);
  // Closes idle connections and the resolver, so that the loop can end.
  void close();

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace crewship
