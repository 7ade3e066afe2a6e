// How many descriptors the process may have open. Shells start programs with a low soft limit (1024), for programs that
// use select(); a server raises it as far as it may, and starts its children with the one that it was given itself.
#pragma once

#include <cstddef>
#include <optional>

namespace crewship {

// Once, before there are other threads.
void raise_descriptor_limit();
std::size_t descriptor_limit();
// The soft limit before it was raised; none when it was not. Any thread.
std::optional<std::size_t> descriptor_limit_at_start();

}  // namespace crewship
