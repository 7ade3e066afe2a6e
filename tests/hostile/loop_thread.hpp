// A thread that runs an event loop, so that a test may have strangers (tests/support: TcpPeer, DnsServer) beside a
// daemon that it calls with blocking calls. What lives on the loop is made, asked and ended on it.
#pragma once

#include <future>
#include <thread>
#include <type_traits>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <crewship/base/asio.hpp>

namespace crewship::testing_support {

class LoopThread {
 public:
  LoopThread() : thread_([this] { context_.run(); }) {}
  LoopThread(const LoopThread&) = delete;
  LoopThread& operator=(const LoopThread&) = delete;
  ~LoopThread() { stop(); }

  Executor executor() { return context_.get_executor(); }
  // Runs the function on the loop and waits for what it returns.
  template <class Function>
  std::invoke_result_t<Function> on_loop(Function function) {
    std::packaged_task<std::invoke_result_t<Function>()> task(std::move(function));
    auto result = task.get_future();
    asio::post(context_, [&task] { task(); });
    return result.get();
  }
  // After it, what lives on the loop may end on any thread.
  void stop() {
    context_.stop();
    if (thread_.joinable()) thread_.join();
  }

 private:
  asio::io_context context_;
  asio::executor_work_guard<asio::io_context::executor_type> work_{context_.get_executor()};
  std::thread thread_;
};

}  // namespace crewship::testing_support
