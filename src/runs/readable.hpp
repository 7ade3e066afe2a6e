// Waits until a descriptor can be read, really: Asio may say so too early, when an event of a descriptor that was
// closed in the same turn of the loop reaches the one that took its place. Whoever reads learns that from read();
// whoever acts on the readiness itself, as with a pidfd, must ask again. Loop thread only.
#pragma once

#include <crewship/base/asio.hpp>
#include <crewship/base/stream_descriptor.hpp>

namespace crewship {

// The error of the wait, such as operation_aborted when the descriptor is closed meanwhile.
Task<boost::system::error_code> wait_until_readable(StreamDescriptor& descriptor);

}  // namespace crewship
