#include "peer_watch.hpp"

#include <utility>

#include <netinet/tcp.h>
#include <sys/socket.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

namespace crewship {
namespace {

bool is_established(int descriptor) {
  tcp_info info{};
  socklen_t length = sizeof(info);
  return ::getsockopt(descriptor, IPPROTO_TCP, TCP_INFO, &info, &length) == 0 && info.tcpi_state == TCP_ESTABLISHED;
}

}  // namespace

struct PeerWatch::State final : Deadlines::Entry {
  State(int d, Deadlines& l, std::function<void()> g) : descriptor(d), deadlines(l), gone(std::move(g)) {}

  // Readable and still established: data waits that is read only after this request, so from now on TCP is asked once
  // in a while.
  void on_deadline() override {
    if (!gone) return;
    if (is_established(descriptor)) {
      deadlines.arm(*this, DeadlineKind::look_again);
    } else {
      std::exchange(gone, nullptr)();  // may end the watch and with it this object
    }
  }

  int descriptor;
  Deadlines& deadlines;
  std::function<void()> gone;  // empty when nobody watches any more
  asio::cancellation_signal stop_waiting;
};

void PeerWatch::watch(std::function<void()> gone) {
  unwatch();
  state_ = std::make_shared<State>(socket_.native_handle(), deadlines_, std::move(gone));
  socket_.async_wait(
      TcpSocket::wait_read,
      asio::bind_cancellation_slot(state_->stop_waiting.slot(),
                                   [state = state_](const boost::system::error_code&) { state->on_deadline(); }));
}

void PeerWatch::unwatch() {
  if (!state_) return;
  const auto state = std::exchange(state_, nullptr);
  state->gone = nullptr;
  deadlines_.disarm(*state);
  state->stop_waiting.emit(asio::cancellation_type::terminal);
}

}  // namespace crewship
