// A pipe or another descriptor on the loop, without a type-erased executor.
#pragma once

#include <boost/asio/posix/basic_stream_descriptor.hpp>

#include <crewship/base/asio.hpp>

namespace crewship {

using StreamDescriptor = asio::posix::basic_stream_descriptor<Executor>;

}  // namespace crewship
