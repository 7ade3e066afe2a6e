#include "readable.hpp"

#include <poll.h>

#include <boost/asio/as_tuple.hpp>

namespace crewship {

Task<boost::system::error_code> wait_until_readable(StreamDescriptor& descriptor) {
  for (;;) {
    auto [error] =
        co_await descriptor.async_wait(asio::posix::descriptor_base::wait_read, asio::as_tuple(use_awaitable));
    if (error) co_return error;
    pollfd now{.fd = descriptor.native_handle(), .events = POLLIN, .revents = 0};
    if (::poll(&now, 1, 0) > 0) co_return error;
  }
}

}  // namespace crewship
