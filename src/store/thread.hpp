// Threads of the store: named for top and gdb, and never the one that a signal interrupts.
#pragma once

#include <csignal>
#include <thread>
#include <utility>

namespace crewship {

template <class F>
std::thread start_thread(const char* name, F body) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);  // a new thread inherits the mask
  std::thread thread(std::move(body));
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  pthread_setname_np(thread.native_handle(), name);
  return thread;
}

// When it is woken and no processor is idle, it lets who runs there end their turn (SCHED_BATCH). Where the kernel
// refuses, it goes on as before.
inline void do_not_preempt_others(std::thread& thread) {
  const sched_param none{};
  static_cast<void>(pthread_setschedparam(thread.native_handle(), SCHED_BATCH, &none));
}

}  // namespace crewship
