#include <crewship/domain/model.hpp>

#include <array>

#include "words.hpp"

namespace crewship {
namespace {

constexpr std::array environment_words{
    Word{Environment::production, "production"},
    Word{Environment::staging, "staging"},
};

constexpr std::array event_words{
    Word{EventType::run_succeeded, "run.succeeded"},
    Word{EventType::run_failed, "run.failed"},
    Word{EventType::webhook_test, "webhook.test"},
};

}  // namespace

std::string_view to_string(Environment environment) { return word_of(environment_words, environment); }
std::optional<Environment> parse_environment(std::string_view text) { return value_of(environment_words, text); }

std::string_view to_string(EventType event) { return word_of(event_words, event); }
std::optional<EventType> parse_event_type(std::string_view text) { return value_of(event_words, text); }

}  // namespace crewship
