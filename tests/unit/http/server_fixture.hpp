// What the server's tests share: a server on a port of its own, a client that sends raw bytes and reads raw answers,
// and the proof that nothing is left on the loop when a test ends. Time stands still unless a test moves it.
#pragma once

#include <array>
#include <charconv>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <crewship/http/server.hpp>

#include "support/fake_clock.hpp"
#include "support/fixed_random.hpp"
#include "support/run_loop.hpp"

namespace crewship {

struct Reply {
  int status = 0;
  std::string head;  // with the empty line
  std::string body;  // chunked coding removed

  std::string header(std::string_view name) const {
    const std::string start = "\r\n" + std::string(name) + ": ";
    const std::size_t at = head.find(start);
    if (at == std::string::npos) return {};
    return head.substr(at + start.size(), head.find("\r\n", at + start.size()) - at - start.size());
  }
};

// A client on the test's loop. What it waits for lets the server run.
class RawClient {
 public:
  RawClient(RunLoop& loop, const asio::ip::tcp::endpoint& server) : loop_(loop), socket_(loop.context()) {
    socket_.connect(server);
  }

  // Does not wait for the bytes to be taken; fails the test when the server resets the connection meanwhile.
  void send(std::string bytes) {
    const auto kept = std::make_shared<std::string>(std::move(bytes));
    asio::async_write(socket_, asio::buffer(*kept), [kept](const boost::system::error_code&, std::size_t) {});
    loop_.poll();
  }
  void finish_sending() { socket_.shutdown(asio::ip::tcp::socket::shutdown_send); }
  void close() {
    loop_.poll();
    socket_.close();
  }

  // Reads until the condition holds or the server ends the connection.
  void read_until(const std::function<bool()>& condition) {
    while (!condition() && !ended_) {
      bool done = false;
      socket_.async_read_some(asio::buffer(piece_), [&](const boost::system::error_code& error, std::size_t count) {
        received_.append(piece_.data(), count);
        if (error) ended_ = true;
        was_reset_ = error == asio::error::connection_reset;
        done = true;
      });
      loop_.until([&done] { return done; });
    }
  }

  // All that comes until the server ends the connection.
  std::string rest() {
    read_until([] { return false; });
    return std::exchange(received_, {});
  }

  // The next answer; status 0 when the connection ends before one is whole.
  Reply reply(bool to_head = false) {
    Reply reply;
    std::size_t head_end = std::string::npos;
    read_until([&] { return (head_end = received_.find("\r\n\r\n")) != std::string::npos; });
    if (head_end == std::string::npos) return reply;
    reply.head = received_.substr(0, head_end + 4);
    received_.erase(0, head_end + 4);
    reply.status = std::stoi(reply.head.substr(9, 3));
    if (to_head || reply.status == 100) return reply;
    if (const std::string length = reply.header("Content-Length"); !length.empty()) {
      const auto bytes = std::stoul(length);
      read_until([&] { return received_.size() >= bytes; });
      reply.body = received_.substr(0, bytes);
      received_.erase(0, bytes);
    } else if (reply.header("Transfer-Encoding") == "chunked") {
      while (read_chunk(reply.body)) {
      }
    }
    return reply;
  }

  const std::string& received() const { return received_; }
  bool ended() {
    read_until([] { return false; });
    return received_.empty() && !was_reset_;
  }
  bool was_reset() const { return was_reset_; }
  asio::ip::tcp::socket& socket() { return socket_; }

 private:
  bool read_chunk(std::string& body) {
    std::size_t line_end = std::string::npos;
    read_until([&] { return (line_end = received_.find("\r\n")) != std::string::npos; });
    if (line_end == std::string::npos) return false;
    std::size_t bytes = 0;
    std::from_chars(received_.data(), received_.data() + line_end, bytes, 16);
    const std::size_t end = line_end + 2 + bytes + 2;
    read_until([&] { return received_.size() >= end; });
    body.append(received_, line_end + 2, bytes);
    received_.erase(0, end);
    return bytes > 0 && !ended_;
  }

  RunLoop& loop_;
  asio::ip::tcp::socket socket_;
  std::array<char, 65536> piece_{};
  std::string received_;
  bool ended_ = false;
  bool was_reset_ = false;
};

class ServerTest : public testing::Test {
 protected:
  void TearDown() override {
    if (server) loop.run(server->stop(std::chrono::seconds(0)));
    server.reset();
    ASSERT_TRUE(loop.idle()) << "something still waits on the loop";
  }

  // Answers with what it was asked: "POST /path?query body".
  static Task<Response> echo(Request& request) {
    Response response;
    response.body = request.method + " " + request.path + (request.query.empty() ? "" : "?" + request.query) +
                    (request.body.empty() ? "" : " " + request.body);
    co_return response;
  }

  asio::ip::tcp::endpoint start(Handler handler = echo, std::string_view address = "127.0.0.1:0",
                                const std::optional<TlsFiles>& tls = {}) {
    server = std::make_unique<Server>(loop.executor(), clock, ids, limits, std::move(handler));
    const auto listening = server->listen(ListenAddress::parse(address).value(), tls);
    if (!listening) throw std::runtime_error(listening.error().message);
    return server->local_endpoints().at(0);
  }

  RawClient connect() { return {loop, server->local_endpoints().at(0)}; }

  // Lets time pass until the next deadline of the server, once it has armed one.
  void pass_next_deadline() {
    loop.until([this] { return clock.until_next() && *clock.until_next() < std::chrono::hours(1); });
    clock.advance(*clock.until_next());
    loop.poll();
  }

  RunLoop loop;
  FakeClock clock;
  FixedRandom random;
  IdGenerator ids{clock, random};
  ServerLimits limits;
  std::unique_ptr<Server> server;
};

inline std::string error_code_of(const Reply& reply) {
  const std::string start = R"({"error":{"code":")";
  if (!reply.body.starts_with(start)) return {};
  return reply.body.substr(start.size(), reply.body.find('"', start.size()) - start.size());
}

}  // namespace crewship
