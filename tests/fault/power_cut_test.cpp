// The power goes at any write, sync or truncation, in the middle of commits, checkpoints and recovery: what was
// acknowledged is there, whole and sound. CREWSHIP_CUTS is how many cuts there are in all; a tenth of them a test.
#include <cstdlib>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "machine.hpp"
#include "share.hpp"

namespace crewship::testing_support {
namespace {

using testing::Contains;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

constexpr int cuts_that_show_a_mistake = 50;

class Machines : public testing::TestWithParam<int> {};

TEST_P(Machines, LoseNothingThatWasAcknowledged) {
  const int cuts = trials_of_a_part("CREWSHIP_CUTS", 5000);
  Machine machine(static_cast<std::uint64_t>(GetParam()) + 1);
  for (int cut = 0; cut < cuts && machine.violations().empty(); ++cut) machine.lose_power();
  EXPECT_THAT(machine.violations(), IsEmpty());
  std::cout << cuts << " cuts, " << machine.acknowledged() << " acknowledged\n";
}

INSTANTIATE_TEST_SUITE_P(PowerCut, Machines, testing::Range(0, parts));

int cuts_until_found(Machine& machine) {
  int cuts = 0;
  while (machine.violations().empty() && cuts < cuts_that_show_a_mistake) {
    machine.lose_power();
    ++cuts;
  }
  return cuts;
}

TEST(PowerCutMutants, AStoreThatDoesNotSyncEachCommitIsCaught) {
  ::setenv("CREWSHIP_MUTANT", "synchronous_normal", 1);
  Machine machine(11);
  const int cuts = cuts_until_found(machine);
  ::unsetenv("CREWSHIP_MUTANT");
  EXPECT_THAT(machine.violations(), Contains(StartsWith("I1")));
  std::cout << "caught after " << cuts << " cuts\n";
}

TEST(PowerCutMutants, ADiskThatLiesIsCaught) {
  Machine machine(12);
  machine.disk().lies_about_syncs = true;
  const int cuts = cuts_until_found(machine);
  EXPECT_THAT(machine.violations(), Not(IsEmpty()));
  std::cout << "caught after " << cuts << " cuts\n";
}

}  // namespace
}  // namespace crewship::testing_support
