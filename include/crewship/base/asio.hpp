// The names under which the whole program uses Boost.Asio. Everything but the store's two threads and the spawner's
// thread runs on one event loop, so no strand and no lock is needed around loop-owned state.
#pragma once

#include <chrono>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace crewship {

namespace asio = boost::asio;

// Not any_io_executor: each suspension would copy one, by way of a virtual call and a counter.
using Executor = asio::io_context::executor_type;

template <class T = void>
using Task = asio::awaitable<T, Executor>;

inline constexpr asio::use_awaitable_t<Executor> use_awaitable{};

using SteadyTimer =
    asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>, Executor>;

}  // namespace crewship
