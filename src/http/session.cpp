#include "session.hpp"

#include <utility>

#include <boost/asio/this_coro.hpp>

#include <crewship/base/log.hpp>
#include <crewship/base/log_limit.hpp>

#include "error_response.hpp"
#include "failure_words.hpp"
#include "stream_answer.hpp"

namespace crewship {
namespace {

constexpr std::size_t copied_body_bytes = 16384;  // up to here one copy is cheaper than a second piece

Response unavailable(std::string_view code, std::string_view message) {
  Response response = error_response(503, code, message);
  response.headers.emplace_back("Retry-After", "1");
  return response;
}

}  // namespace

Session::Session(ServerState& server, TcpSocket socket, const asio::ip::tcp::endpoint& peer, asio::ssl::context* tls)
    : server_(server),
      peer_(peer),
      connection_(std::move(socket), tls, server.deadlines),
      reader_(connection_, server.limits) {}

Task<void> Session::run() {
  if (!co_await connection_.handshake()) co_return;
  for (;;) {
    auto head = co_await reader_.read_head();
    if (!head) {
      co_await refuse(head.error());
      co_return;
    }
    if (!co_await serve(*std::move(head))) co_return;
  }
}

Task<void> Session::turn_away() {
  if (connection_.is_tls()) co_return;
  server_.metrics.refusals.add("too_many_connections");
  const Response response =
      unavailable("too_many_connections", "Too many connections are open; try again in a moment.");
  Outgoing answer = compose(response, server_.ids.make<RequestId>(), false, ConnectionOption::close);
  if (send_now(answer) && answer.empty()) co_await connection_.linger();
}

Task<bool> Session::serve(RequestHead head) {
  Request request;
  request.method = std::move(head.method);
  request.path = std::move(head.path);
  request.query = std::move(head.query);
  request.headers = std::move(head.headers);
  request.peer = peer_;
  if (auto body = reader_.body_at_hand(head)) {
    request.body = *std::move(body);
  } else {
    auto awaited = co_await reader_.read_body(head);
    if (!awaited) {
      co_await refuse(awaited.error());
      co_return false;
    }
    request.body = *std::move(awaited);
  }
  connection_.disarm();

  request.id = server_.ids.make<RequestId>();
  PeerWatch watch(connection_.socket(), server_.deadlines);
  request.caller = &watch;
  const bool is_head = request.method == "HEAD";
  Response response;
  std::exception_ptr failure;
  try {
    response = co_await server_.handler(request);
    check_headers(response);
  } catch (...) {
    failure = std::current_exception();
  }
  watch.unwatch();
  if (failure) {
    if ((co_await asio::this_coro::cancellation_state).cancelled() != asio::cancellation_type::none) {
      send_cut_off(request.id, is_head);
      co_return false;
    }
    response = failed(request.id, failure);
  }
  if (response.stream && !is_head) co_return co_await send_stream(response, request, watch, head.http_1_0);

  const bool keep = head.keep_alive && !response.close && !server_.closing;
  ConnectionOption option = keep ? ConnectionOption::implied : ConnectionOption::close;
  if (keep && head.http_1_0) option = ConnectionOption::keep_alive;
  Outgoing answer = compose(response, request.id, is_head, option);
  if (!send_now(answer)) co_return false;
  if (!answer.empty() && !co_await send_rest(answer)) co_return false;
  if (keep) co_return true;
  // A client that announced its last request sends no more that could be left unread.
  if (head.keep_alive || connection_.is_tls() || !reader_.empty()) co_await connection_.linger();
  co_return false;
}

// A stream's connection ends with it: a stream is long, and what the client may have sent meanwhile is not worth
// keeping.
Task<bool> Session::send_stream(const Response& response, const Request& request, PeerWatch& watch, bool http_1_0) {
  compose_head(response, request.id,
               {.framing = http_1_0 ? BodyFraming::until_close : BodyFraming::chunked,
                .content_length = 0,
                .connection = ConnectionOption::close});
  Outgoing head{server_.answer};
  if (!send_now(head)) co_return false;
  if (!head.empty() && !co_await send_rest(head)) co_return false;
  if (co_await run_stream(server_, connection_, watch, response, request.id, !http_1_0)) co_await connection_.linger();
  co_return false;
}

// The connection ends after it.
Task<void> Session::refuse(RequestReader::End end) {
  if (!end.answer) co_return;
  server_.metrics.refusals.add(end.answer->code);
  const auto id = server_.ids.make<RequestId>();
  log_refusal("request refused", end.answer->code,
              {{"request_id", id},
               {"status", end.answer->status},
               {"peer", peer_.address().to_string()},
               {"code", end.answer->code},
               {"reason", end.answer->message}});
  Response response = error_response(end.answer->status, end.answer->code, end.answer->message);
  if (end.answer->status == 405) response.headers.emplace_back("Allow", "GET, HEAD, POST, PUT, PATCH, DELETE");
  Outgoing answer = compose(response, id, end.is_head, ConnectionOption::close);
  if (!send_now(answer)) co_return;
  if (!answer.empty() && !co_await send_rest(answer)) co_return;
  co_await connection_.linger();
}

bool Session::send_now(Outgoing& answer) {
  if (!connection_.send_now(answer)) return false;
  if (answer.empty()) return true;
  // The rest waits, and the shared buffer is for the others: this one keeps the bytes where they are.
  kept_answer_.swap(server_.answer);
  return true;
}

Task<bool> Session::send_rest(Outgoing answer) {
  const bool sent = co_await connection_.send(answer);
  kept_answer_ = {};
  co_return sent;
}

// The grace of a stop is over while the handler runs. Nothing can be waited for any more, so it goes out as it can.
void Session::send_cut_off(const RequestId& id, bool is_head) {
  const Response response = unavailable("shutting_down", "The server is shutting down; try again in a moment.");
  Outgoing answer = compose(response, id, is_head, ConnectionOption::close);
  if (send_now(answer)) connection_.shut();
}

// The answer refers to the shared buffer and to the response's body.
Outgoing Session::compose(const Response& response, const RequestId& id, bool is_head, ConnectionOption connection) {
  ResponseFrame frame{
      .framing = BodyFraming::content_length, .content_length = response.body.size(), .connection = connection};
  if (!status_has_body(response.status)) frame.framing = BodyFraming::none;
  if (response.stream) frame.framing = BodyFraming::chunked;  // HEAD: as GET would have it
  compose_head(response, id, frame);
  if (is_head || frame.framing != BodyFraming::content_length) return {server_.answer};
  if (response.body.size() > copied_body_bytes) return {server_.answer, response.body};
  server_.answer.append(response.body);
  return {server_.answer};
}

void Session::compose_head(const Response& response, const RequestId& id, const ResponseFrame& frame) {
  ++server_.metrics.answers.at(static_cast<std::size_t>(response.status));
  server_.answer.clear();
  append_response_head(server_.answer, response, id.text(), server_.date.value(), frame);
}

Response Session::failed(const RequestId& id, const std::exception_ptr& failure) const {
  log_error("request failed", {{"request_id", id}, {"error", failure_words(failure)}});
  return error_response(500, "internal_error",
                        "Something went wrong on our side; the server's log says what, under this request id.");
}

}  // namespace crewship
