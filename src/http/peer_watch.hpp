// Tells a handler that waits that its caller hung up. Costs nothing until it is asked to watch. The peer counts as gone
// when it has closed its sending side or the connection is broken: what it may have sent before that stays unread, so
// the state is asked of TCP, not of the data (works under TLS as well). Loop thread.
#pragma once

#include <functional>
#include <memory>

#include <crewship/base/caller.hpp>
#include <crewship/base/tcp.hpp>

#include "deadlines.hpp"

namespace crewship {

class PeerWatch final : public Caller {
 public:
  PeerWatch(TcpSocket& socket, Deadlines& deadlines) : socket_(socket), deadlines_(deadlines) {}
  PeerWatch(const PeerWatch&) = delete;
  PeerWatch& operator=(const PeerWatch&) = delete;
  ~PeerWatch() override { PeerWatch::unwatch(); }

  void watch(std::function<void()> gone) override;
  void unwatch() override;

 private:
  struct State;
  TcpSocket& socket_;
  Deadlines& deadlines_;
  std::shared_ptr<State> state_;  // shared with the wait in the reactor, which may complete after unwatch()
};

}  // namespace crewship
