// kill -9 again and again, at moments of chance and at named points, under a load of every kind of run, repeated calls
// and receivers that fail: what was promised holds (docs/reliability.md, I1 to I9). CREWSHIP_KILLS is how many deaths
// there are in all; a tenth of them a test.
#include <algorithm>
#include <ostream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "life.hpp"
#include "share.hpp"

namespace crewship::testing_support {
namespace {

using testing::Contains;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

class Lives : public testing::TestWithParam<int> {};

TEST_P(Lives, LoseNothing) {
  const int kills = trials_of_a_part("CREWSHIP_KILLS", 300);
  Life life(static_cast<std::uint64_t>(GetParam()) + 1);
  // Every other death is at a named point; the lives begin at different ones, so that all have their turn.
  auto next = static_cast<std::size_t>(GetParam());
  for (int death = 0; death < kills && life.violations().empty(); ++death) {
    const bool at_a_point = death % 2 == 1;
    life.die(at_a_point ? std::optional(kill_points()[next++ % kill_points().size()]) : std::nullopt);
  }
  life.come_to_rest();
  EXPECT_THAT(life.violations(), IsEmpty());
  std::cout << kills << " kills, " << life.deaths_at_points() << " at points, " << life.answers() << " answers\n";
  if (HasFailure()) std::cout << "--- the daemon's log\n" << life.log();
}

INSTANTIATE_TEST_SUITE_P(Crash, Lives, testing::Range(0, parts));

// The harness finds what a daemon with a mistake loses.
struct Mutant {
  std::string name;
  std::string violates;
};

void PrintTo(const Mutant& mutant, std::ostream* out) { *out << mutant.name; }

class Mutants : public testing::TestWithParam<Mutant> {};

TEST_P(Mutants, AreCaught) {
  constexpr int patience_kills = 60;
  Life life(7, GetParam().name);
  // A mistake may break another promise first.
  const auto caught = [&] {
    return std::ranges::any_of(life.violations(), [](const auto& one) { return one.starts_with(GetParam().violates); });
  };
  int kills = 0;
  while (!caught() && kills++ < patience_kills) life.die(std::nullopt);
  if (!caught()) life.come_to_rest();
  EXPECT_THAT(life.violations(), Contains(StartsWith(GetParam().violates)));
  std::cout << "caught after " << kills << " kills\n";
}

INSTANTIATE_TEST_SUITE_P(Crash, Mutants,
                         testing::Values(Mutant{"acknowledge_before_commit", "I1"}, Mutant{"deliveries_apart", "I3"},
                                         Mutant{"in_flight_not_due", "I6"}),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace crewship::testing_support
