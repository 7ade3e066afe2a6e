// A network of the test's own, from which no packet can leave: a namespace with nothing but a loopback interface, at
// which every address of the internet, good and forbidden, arrives. Names are asked of 127.0.0.1. For the whole
// process and what it starts; entered before the first thread is made.
#pragma once

#include <string>

namespace crewship::testing_support {

// Empty when the process is in it, else why the system does not let it. Entering it twice is entering it once.
const std::string& enter_own_network();

}  // namespace crewship::testing_support
