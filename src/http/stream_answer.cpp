#include "stream_answer.hpp"

#include <array>
#include <charconv>
#include <chrono>
#include <exception>
#include <memory>
#include <string>
#include <utility>

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/this_coro.hpp>

#include <crewship/base/log.hpp>

#include "failure_words.hpp"

namespace crewship {
namespace {

// What stands before a piece in the chunked coding (RFC 9112, 7.1): its size in hexadecimal digits.
class ChunkSize {
 public:
  explicit ChunkSize(std::size_t bytes)
      : end_(std::to_chars(text_.data(), text_.data() + text_.size() - 2, bytes, 16).ptr) {
    *end_++ = '\r';
    *end_++ = '\n';
  }
  ChunkSize(const ChunkSize&) = delete;
  ChunkSize& operator=(const ChunkSize&) = delete;
  std::string_view text() const { return {text_.data(), end_}; }

 private:
  std::array<char, 18> text_{};
  char* end_;
};

class StreamWriter final : public BodyWriter {
 public:
  StreamWriter(ServerConnection& connection, bool chunked) : connection_(connection), chunked_(chunked) {}

  Task<Result<>> write(std::string_view piece) override {
    if (piece.empty()) co_return Result<>{};  // an empty chunk would end the body
    const ChunkSize size(piece.size());
    const Outgoing data = chunked_ ? Outgoing{size.text(), piece, "\r\n"} : Outgoing{piece};
    if (!broken_) broken_ = !co_await send(data);
    if (broken_) co_return fail(ErrorKind::unavailable, "peer_gone", "The peer has closed the connection.");
    co_return Result<>{};
  }

  Task<bool> finish() {
    if (broken_ || !chunked_) co_return !broken_;
    co_return co_await send(Outgoing{"0\r\n\r\n"});
  }

 private:
  Task<bool> send(Outgoing data) {
    if (!connection_.send_now(data)) co_return false;
    co_return data.empty() || co_await connection_.send(data);
  }

  ServerConnection& connection_;
  bool chunked_;
  bool broken_ = false;
};

struct Outcome {
  bool returned = false;
  std::exception_ptr failure;
};

// Never throws, so that whichever of the two ends first ends the other.
Task<void> run_to_outcome(const Response& response, BodyWriter& writer, Outcome& outcome) {
  try {
    co_await response.stream(writer);
    outcome.returned = true;
  } catch (...) {
    outcome.failure = std::current_exception();
  }
}

// What ends a stream from outside: the peer's hanging up, the server's stop through the set of streams, and who made
// it.
class StreamEnd {
 public:
  StreamEnd(ServerState& server, PeerWatch& watch, std::shared_ptr<StreamStop> stop)
      : server_(server), watch_(watch), stop_(std::move(stop)), timer_(server.clock.make_timer(server.executor)) {
    server_.streams.insert(timer_.get());
    watch_.watch([timer = timer_.get()] { timer->wake(); });
    if (stop_) stop_->on_stop([timer = timer_.get()] { timer->wake(); });
    if (server_.stopping) timer_->wake();
  }
  StreamEnd(const StreamEnd&) = delete;
  StreamEnd& operator=(const StreamEnd&) = delete;
  ~StreamEnd() {
    if (stop_) stop_->on_stop(nullptr);
    watch_.unwatch();
    server_.streams.erase(timer_.get());
  }

  Task<void> wait() {
    while (co_await timer_->wait(std::chrono::hours(24))) {
    }
  }

 private:
  ServerState& server_;
  PeerWatch& watch_;
  std::shared_ptr<StreamStop> stop_;
  std::unique_ptr<Timer> timer_;
};

}  // namespace

Task<bool> run_stream(ServerState& server, ServerConnection& connection, PeerWatch& watch, const Response& response,
                      RequestId id, bool chunked) {
  using asio::experimental::awaitable_operators::operator||;
  StreamWriter writer(connection, chunked);
  Outcome outcome;
  StreamEnd end(server, watch, response.stream_stop);
  const auto first = co_await (run_to_outcome(response, writer, outcome) || end.wait());
  if (outcome.returned) co_return co_await writer.finish();
  if (first.index() == 0 && outcome.failure &&
      (co_await asio::this_coro::cancellation_state).cancelled() == asio::cancellation_type::none)
    log_error("stream failed", {{"request_id", id}, {"error", failure_words(outcome.failure)}});
  co_return false;
}

}  // namespace crewship
