#include <crewship/http/client.hpp>

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

#include "alarm.hpp"
#include "client_connection.hpp"
#include "client_deadline.hpp"
#include "client_exchange.hpp"
#include "client_pool.hpp"
#include "resolver.hpp"

namespace crewship {
namespace {

using Addresses = std::vector<asio::ip::address>;
using ConnectionResult = std::expected<std::unique_ptr<ClientConnection>, ClientError>;

// A name with hundreds of addresses must not make us knock at hundreds of doors.
constexpr std::size_t max_addresses = 8;

// An operation that was cancelled looks like one that failed.
Task<void> end_if_cancelled() {
  if ((co_await asio::this_coro::cancellation_state).cancelled() != asio::cancellation_type::none) {
    throw boost::system::system_error(asio::error::operation_aborted);
  }
}

ClientError timed_out(std::chrono::milliseconds timeout, std::string_view still) {
  const std::string time = timeout % std::chrono::seconds(1) == std::chrono::milliseconds(0)
                               ? std::to_string(timeout / std::chrono::seconds(1)) + " s"
                               : std::to_string(timeout.count()) + " ms";
  return {ClientFailure::timeout, "no answer within " + time + " (still " + std::string(still) + ")"};
}

std::string connect_failure(const asio::ip::tcp::endpoint& peer, const boost::system::error_code& error, bool gave_up) {
  const std::string name = endpoint_text(peer);
  if (gave_up) return name + " did not answer in its share of the time";
  if (error == asio::error::connection_refused) return "connection refused by " + name;
  return "cannot connect to " + name + ": " + error.message();
}

std::string pool_key(const TargetUrl& url) {
  return (url.tls ? "https " : "http ") + url.host + " " + std::to_string(url.port);
}

}  // namespace

struct HttpClient::Impl {
  Impl(Executor e, Clock& c, ClientOptions o, DialPolicy p)
      : executor(std::move(e)),
        clock(c),
        options(std::move(o)),
        policy(std::move(p)),
        tls(make_client_tls_context()),
        resolver(executor, clock, options.dns),
        pool(executor, clock, options) {}

  Task<std::expected<ClientResponse, ClientError>> send(const ClientRequest& request);
  Task<std::expected<Addresses, ClientError>> find_addresses(const ClientRequest& request, ClientDeadline& deadline);
  std::expected<Addresses, ClientError> allowed(const TargetUrl& url, const Addresses& addresses) const;
  Task<ConnectionResult> dial(const ClientRequest& request, const Addresses& addresses, ClientDeadline& deadline);
  Task<ConnectionResult> connect(const ClientRequest& request, const Addresses& addresses, ClientDeadline& deadline);

  Executor executor;
  Clock& clock;
  ClientOptions options;
  DialPolicy policy;
  asio::ssl::context tls;
  Resolver resolver;
  ClientPool pool;
};

Task<std::expected<ClientResponse, ClientError>> HttpClient::Impl::send(const ClientRequest& request) {
  const auto head = request_head(request);
  if (!head) co_return std::unexpected(head.error());
  const ExchangeLimits limits{options.max_response_header_bytes, request.max_response_body_bytes};
  const std::string key = pool_key(request.url);

  std::unique_ptr<ClientConnection> connection;
  ClientDeadline deadline(executor, clock, request.timeout);
  const auto addresses = co_await find_addresses(request, deadline);
  if (!addresses) co_return std::unexpected(addresses.error());

  const BodyStream body_stream{request.on_body, [&deadline, &request] { deadline.restart(request.timeout); }};
  const BodyStream* const stream = request.on_body ? &body_stream : nullptr;

  Exchange outcome;
  connection = pool.take(key, *addresses);
  const bool reused = connection != nullptr;
  if (reused) {
    deadline.watch(*connection);
    outcome = co_await exchange(*connection, *head, request.body, limits, stream);
    co_await end_if_cancelled();
  }
  // The other side may have closed an idle connection while the request was under way to it.
  const bool was_stale = reused && !outcome.result && !outcome.answered && !deadline.passed();
  if (!reused || was_stale) {
    deadline.release();
    auto dialled = co_await dial(request, *addresses, deadline);
    if (!dialled) co_return std::unexpected(std::move(dialled.error()));
    connection = std::move(*dialled);
    outcome = co_await exchange(*connection, *head, request.body, limits, stream);
    co_await end_if_cancelled();
  }
  deadline.release();
  if (!outcome.result && deadline.passed()) {
    const std::string peer = endpoint_text(connection->peer());
    co_return std::unexpected(timed_out(request.timeout, "waiting for " + peer + " to answer"));
  }
  if (outcome.reusable && !deadline.passed()) pool.put(key, std::move(connection));
  co_return std::move(outcome.result);
}

Task<std::expected<Addresses, ClientError>> HttpClient::Impl::find_addresses(const ClientRequest& request,
                                                                             ClientDeadline& deadline) {
  const TargetUrl& url = request.url;
  if (url.literal) co_return allowed(url, {*url.literal});
  auto found = co_await resolver.look_up(url.rooted ? url.host + "." : url.host, deadline.left());
  if (!found && found.error().timed_out) {
    co_return std::unexpected(timed_out(request.timeout, "looking up " + url.host));
  }
  if (!found) {
    co_return std::unexpected(
        ClientError{ClientFailure::resolve, "cannot resolve " + url.host + ": " + found.error().reason});
  }
  co_return allowed(url, *found);
}

std::expected<Addresses, ClientError> HttpClient::Impl::allowed(const TargetUrl& url,
                                                                const Addresses& addresses) const {
  Addresses result;
  std::string refusals;
  for (const auto& address : addresses) {
    const auto reason = policy(address);
    if (!reason) {
      result.push_back(address);
    } else if (refusals.size() < 512) {
      if (!refusals.empty()) refusals += "; ";
      refusals += "refused to connect to " + address.to_string();
      if (!url.literal) refusals += " (" + url.host + ")";
      refusals += ": " + *reason;
    }
  }
  if (result.empty()) return std::unexpected(ClientError{ClientFailure::refused_by_guard, std::move(refusals)});
  if (result.size() > max_addresses) result.resize(max_addresses);
  return result;
}

Task<ConnectionResult> HttpClient::Impl::dial(const ClientRequest& request, const Addresses& addresses,
                                              ClientDeadline& deadline) {
  auto connected = co_await connect(request, addresses, deadline);
  if (!connected || !request.url.tls) co_return std::move(connected);

  ClientConnection& connection = **connected;
  const auto error = co_await connection.start_tls(tls, request.url.host, !request.url.literal);
  co_await end_if_cancelled();
  if (!error) co_return std::move(connected);
  const std::string peer = endpoint_text(connection.peer());
  deadline.release();
  if (deadline.passed()) {
    co_return std::unexpected(timed_out(request.timeout, "in the TLS handshake with " + peer));
  }
  std::string reason = connection.tls_reason();
  if (!reason.starts_with("certificate")) reason = "TLS handshake with " + peer + " failed: " + reason;
  co_return std::unexpected(ClientError{ClientFailure::tls, std::move(reason)});
}

Task<ConnectionResult> HttpClient::Impl::connect(const ClientRequest& request, const Addresses& addresses,
                                                 ClientDeadline& deadline) {
  std::string failures;
  for (std::size_t index = 0; index < addresses.size(); ++index) {
    const asio::ip::tcp::endpoint peer(addresses[index], request.url.port);
    auto connection = std::make_unique<ClientConnection>(executor);
    deadline.watch(*connection);
    // An address that swallows everything must leave time for the others.
    bool gave_up = false;
    Alarm share(executor, clock);
    if (const std::size_t others = addresses.size() - index - 1; others > 0) {
      share.set(deadline.left() / static_cast<std::int64_t>(others + 1), [&gave_up, &connection] {
        gave_up = true;
        connection->close();
      });
    }
    const auto error = co_await connection->connect(peer);
    co_await end_if_cancelled();
    if (!error) co_return std::move(connection);
    deadline.release();
    if (deadline.passed()) {
      co_return std::unexpected(timed_out(request.timeout, "connecting to " + endpoint_text(peer)));
    }
    failures += (failures.empty() ? "" : "; ") + connect_failure(peer, error, gave_up);
  }
  co_return std::unexpected(ClientError{ClientFailure::connect, std::move(failures)});
}

HttpClient::HttpClient(Executor executor, Clock& clock, ClientOptions options, DialPolicy policy)
    : impl_(std::make_shared<Impl>(std::move(executor), clock, std::move(options), std::move(policy))) {}

HttpClient::~HttpClient() { close(); }

Task<std::expected<ClientResponse, ClientError>> HttpClient::send(ClientRequest request) {
  const std::shared_ptr<Impl> impl = impl_;  // the client may go while a request is under way
  co_return co_await impl->send(request);
}

void HttpClient::close() {
  impl_->pool.close();
  impl_->resolver.close();
}

}  // namespace crewship
