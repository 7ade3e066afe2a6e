#include <crewship/http/server.hpp>

#include <cerrno>
#include <list>
#include <utility>

#include <netinet/tcp.h>
#include <sys/socket.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/ssl/context.hpp>

#include <crewship/base/log.hpp>

#include "server_state.hpp"
#include "server_tls.hpp"
#include "session.hpp"

namespace crewship {
namespace {

using asio::ip::tcp;

constexpr int backlog = 4096;                // the kernel caps it at net.core.somaxconn
constexpr std::size_t max_turned_away = 64;  // at once, told why; beyond that they are closed without a word
constexpr std::chrono::milliseconds accept_pause(200);
constexpr std::chrono::minutes accept_log_interval(1);

using SharedTls = std::shared_ptr<asio::ssl::context>;  // null: plain

struct Listener {
  TcpAcceptor acceptor;
  SharedTls tls;
  tcp::endpoint local{};
};

std::string text_of(const tcp::endpoint& endpoint) {
  return ListenAddress{.host = endpoint.address().to_string(), .port = endpoint.port()}.text();
}

// A peer that vanishes without a word while it is being sent to is noticed after this time.
boost::system::error_code set_user_timeout(TcpAcceptor& acceptor, std::chrono::milliseconds timeout) {
  const auto value = static_cast<unsigned>(timeout.count());
  const int result = ::setsockopt(acceptor.native_handle(), IPPROTO_TCP, TCP_USER_TIMEOUT, &value, sizeof(value));
  return result == 0 ? boost::system::error_code() : boost::system::error_code(errno, boost::system::system_category());
}

boost::system::error_code bind_to(Listener& listener, const tcp::endpoint& endpoint,
                                  std::chrono::milliseconds user_timeout) {
  TcpAcceptor& acceptor = listener.acceptor;
  boost::system::error_code error;
  const auto done = [&error] { return !error.failed(); };
  acceptor.open(endpoint.protocol(), error);
  if (done()) acceptor.set_option(TcpAcceptor::reuse_address(true), error);
  // [::] is for IPv4 as well, whatever the system's default.
  if (done() && endpoint.address().is_v6()) acceptor.set_option(asio::ip::v6_only(false), error);
  // Accepted sockets inherit both.
  if (done()) acceptor.set_option(tcp::no_delay(true), error);
  if (done()) error = set_user_timeout(acceptor, user_timeout);
  if (done()) acceptor.bind(endpoint, error);
  // Else Asio waits for the next connection when one was aborted, while others wait in the queue behind it.
  if (done()) acceptor.set_option(asio::socket_base::enable_connection_aborted(true), error);
  if (done()) acceptor.listen(backlog, error);
  if (done()) listener.local = acceptor.local_endpoint(error);
  return error;
}

// The connection is gone before it was accepted, or a packet filter said no; nothing is wrong here.
bool concerns_one_connection(const boost::system::error_code& error) {
  return error == asio::error::connection_aborted || error == asio::error::connection_reset ||
         error == boost::system::errc::protocol_error || error == boost::system::errc::operation_not_permitted ||
         error == asio::error::host_unreachable || error == asio::error::network_unreachable ||
         error == asio::error::network_down || error == asio::error::interrupted;
}

Task<void> run_session(ServerState& server, TcpSocket socket, tcp::endpoint peer, SharedTls tls) {
  Session session(server, std::move(socket), peer, tls.get());
  co_await session.run();
}

Task<void> turn_away(ServerState& server, TcpSocket socket, tcp::endpoint peer, SharedTls tls) {
  Session session(server, std::move(socket), peer, tls.get());
  co_await session.turn_away();
}

}  // namespace

struct Server::Impl {
  Impl(Executor executor, Clock& clock, IdGenerator& ids, const ServerLimits& limits, Handler handler)
      : state(executor, clock, ids, limits, std::move(handler)),
        accepting(executor, "accept"),
        sessions(executor, "connections"),
        turned_away(executor, "connections turned away"),
        timekeeping(executor, "connection deadlines") {}

  Result<std::list<Listener>> bind_all(const ListenAddress& address) const;
  Task<void> accept(Listener& listener);
  void admit(TcpSocket socket, const tcp::endpoint& peer, const SharedTls& tls);
  void log_accept_failure(const boost::system::error_code& error);
  void log_turning_away(const tcp::endpoint& peer);

  ServerState state;
  std::list<Listener> listeners;
  std::optional<SteadyTime> accept_failure_logged;
  std::optional<SteadyTime> turning_away_logged;
  std::size_t turned_away_since_logged = 0;
  TaskGroup accepting;
  TaskGroup sessions;
  TaskGroup turned_away;
  TaskGroup timekeeping;
};

Result<std::list<Listener>> Server::Impl::bind_all(const ListenAddress& address) const {
  std::list<Listener> bound;
  for (tcp::endpoint endpoint : address.endpoints()) {
    // localhost:0 is one port on both.
    if (!bound.empty() && endpoint.port() == 0) endpoint.port(bound.front().local.port());
    Listener& listener = bound.emplace_back(TcpAcceptor(state.executor), nullptr);
    const auto error = bind_to(listener, endpoint, state.limits.write_timeout);
    if (!error) continue;
    const bool no_ipv6 =
        error == asio::error::address_family_not_supported || error == boost::system::errc::address_not_available;
    if (bound.size() > 1 && no_ipv6) {
      bound.pop_back();
      log_info("not listening on IPv6", {{"address", text_of(endpoint)}, {"error", error.message()}});
      continue;
    }
    return fail(ErrorKind::unavailable, "cannot_listen",
                "Cannot listen on " + text_of(endpoint) + ": " + error.message() + ".");
  }
  if (bound.empty()) return fail(ErrorKind::invalid, "invalid_address", "Cannot listen on " + address.text() + ".");
  return bound;
}

Task<void> Server::Impl::accept(Listener& listener) {
  const auto pause = state.clock.make_timer(state.executor);
  for (;;) {
    tcp::endpoint peer;
    auto [error, socket] = co_await listener.acceptor.async_accept(peer, asio::as_tuple(use_awaitable));
    if (!error) {
      admit(std::move(socket), peer, listener.tls);
    } else if (!concerns_one_connection(error)) {
      // Mostly no descriptor is free: the connection stays in the backlog, and trying again at once would only spin.
      log_accept_failure(error);
      co_await pause->wait(accept_pause);
    }
  }
}

void Server::Impl::admit(TcpSocket socket, const tcp::endpoint& peer, const SharedTls& tls) {
  if (sessions.size() < state.limits.connections) {
    sessions.spawn("connection", run_session(state, std::move(socket), peer, tls));
    return;
  }
  log_turning_away(peer);
  if (turned_away.size() < max_turned_away) {
    turned_away.spawn("connection", turn_away(state, std::move(socket), peer, tls));
  }
}

void Server::Impl::log_turning_away(const tcp::endpoint& peer) {
  ++turned_away_since_logged;
  const SteadyTime now = state.clock.steady_now();
  if (turning_away_logged && now - *turning_away_logged < accept_log_interval) return;
  turning_away_logged = now;
  log_warning("connections turned away", {{"client", peer.address().to_string()},
                                          {"count", std::exchange(turned_away_since_logged, 0)},
                                          {"connections", sessions.size()}});
}

void Server::Impl::log_accept_failure(const boost::system::error_code& error) {
  if (error == asio::error::operation_aborted) return;
  const SteadyTime now = state.clock.steady_now();
  if (accept_failure_logged && now - *accept_failure_logged < accept_log_interval) return;
  accept_failure_logged = now;
  log_warning("cannot accept connections", {{"error", error.message()}, {"connections", sessions.size()}});
}

ServerState::ServerState(Executor e, Clock& c, IdGenerator& i, const ServerLimits& l, Handler h)
    : executor(std::move(e)),
      clock(c),
      ids(i),
      limits(l),
      handler(std::move(h)),
      deadlines(executor, clock,
                // In the order of DeadlineKind.
                {l.idle_timeout, l.request_timeout, l.write_timeout, std::chrono::seconds(5), std::chrono::seconds(1)}),
      date(clock) {}

Server::Server(Executor executor, Clock& clock, IdGenerator& ids, ServerLimits limits, Handler handler)
    : impl_(std::make_shared<Impl>(std::move(executor), clock, ids, limits, std::move(handler))) {}

Server::~Server() = default;

Result<> Server::listen(const ListenAddress& address, const std::optional<TlsFiles>& tls) {
  SharedTls context;
  if (tls) {
    auto made = make_server_tls(*tls);
    if (!made) return std::unexpected(std::move(made).error());
    context = *std::move(made);
  }
  auto bound = impl_->bind_all(address);
  if (!bound) return std::unexpected(std::move(bound).error());
  impl_->state.closing = false;  // it may have been stopped before
  impl_->state.stopping = false;
  impl_->state.deadlines.start(DeadlineKind::idle);
  if (impl_->timekeeping.size() == 0) impl_->timekeeping.spawn("connection deadlines", impl_->state.deadlines.run());
  for (Listener& listener : *bound) {
    listener.tls = context;
    impl_->accepting.spawn("accept", impl_->accept(listener));
  }
  impl_->listeners.splice(impl_->listeners.end(), *bound);  // the coroutines' references stay valid
  return {};
}

std::vector<tcp::endpoint> Server::local_endpoints() const {
  std::vector<tcp::endpoint> endpoints;
  for (const Listener& listener : impl_->listeners) endpoints.push_back(listener.local);
  return endpoints;
}

void Server::close_after_responses() { impl_->state.closing = true; }

Task<void> Server::stop(std::chrono::milliseconds grace) {
  using asio::experimental::awaitable_operators::operator||;
  Impl& impl = *impl_;
  impl.state.closing = true;
  impl.state.stopping = true;
  impl.accepting.cancel();
  co_await impl.accepting.join();
  impl.listeners.clear();
  impl.turned_away.cancel();
  for (Timer* const stream : impl.state.streams) stream->wake();
  impl.state.deadlines.end(DeadlineKind::idle);
  const auto patience = impl.state.clock.make_timer(impl.state.executor);
  co_await (impl.sessions.join() || patience->wait(grace));
  impl.sessions.cancel();
  co_await impl.sessions.join();
  co_await impl.turned_away.join();
  impl.timekeeping.cancel();
  co_await impl.timekeeping.join();
}

std::size_t Server::connections() const { return impl_->sessions.size(); }
const ServerMetrics& Server::metrics() const { return impl_->state.metrics; }

}  // namespace crewship
