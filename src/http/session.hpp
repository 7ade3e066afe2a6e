// One connection's requests, one after the other: read, call the handler, answer. One coroutine that owns its
// connection and its buffers; run() returns when the connection may be closed. Never logs a path, since it may hold a
// token. Loop thread.
#pragma once

#include <exception>
#include <string>

#include <crewship/base/ids.hpp>
#include <crewship/base/tcp.hpp>
#include <crewship/http/message.hpp>
#include <crewship/http/request_head.hpp>

#include "peer_watch.hpp"
#include "request_reader.hpp"
#include "response_head.hpp"
#include "server_connection.hpp"
#include "server_state.hpp"

namespace crewship {

class Session {
 public:
  Session(ServerState& server, TcpSocket socket, const asio::ip::tcp::endpoint& peer, asio::ssl::context* tls);

  Task<void> run();
  // Instead of run(), when there are too many connections.
  Task<void> turn_away();

 private:
  // False when the connection ends.
  Task<bool> serve(RequestHead head);
  Task<bool> send_stream(const Response& response, const Request& request, PeerWatch& watch, bool http_1_0);
  Task<void> refuse(RequestReader::End end);
  // Send an answer that compose() made, as much as goes at once and then the rest; false when the connection is broken.
  bool send_now(Outgoing& answer);
  Task<bool> send_rest(Outgoing answer);
  void send_cut_off(const RequestId& id, bool is_head);

  Outgoing compose(const Response& response, const RequestId& id, bool is_head, ConnectionOption connection);
  void compose_head(const Response& response, const RequestId& id, const ResponseFrame& frame);
  Response failed(const RequestId& id, const std::exception_ptr& failure) const;

  ServerState& server_;
  asio::ip::tcp::endpoint peer_;
  ServerConnection connection_;
  RequestReader reader_;
  std::string kept_answer_;  // while it waits to be sent
};

}  // namespace crewship
