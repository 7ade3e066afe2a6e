// The names under which the whole program uses Boost.Asio. Everything but the store's two threads and the spawner's
// thread runs on one event loop, so no strand and no lock is needed around loop-owned state.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace crewship {

namespace asio = boost::asio;

using Executor = asio::any_io_executor;

template <class T = void>
using Task = asio::awaitable<T, Executor>;

}  // namespace crewship
