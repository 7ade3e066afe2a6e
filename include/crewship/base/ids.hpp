// Identifiers: a prefix that names the type and 26 lower-case Crockford base-32 digits, 48 bits of milliseconds and 80
// random ones (the ULID layout), so that sorting the text sorts by time. Ids made by one generator only ever grow, also
// within a millisecond and when the wall clock jumps back.
#pragma once

#include <compare>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include <crewship/base/clock.hpp>
#include <crewship/base/random.hpp>

namespace crewship {

// True for prefix + '_' + 26 Crockford digits.
bool well_formed_id(std::string_view text, std::string_view prefix);

// The 128 bits behind an id's prefix as 32 lower-case hexadecimal digits. Precondition: the id is well formed.
std::string hexadecimal_of_id(std::string_view text);

template <class Tag>
class Id {
 public:
  Id() = default;  // empty: no id
  // The text of an id from a URL, a file or the database; nothing when it is not one of this type.
  static std::optional<Id> parse(std::string_view text) {
    if (!well_formed_id(text, Tag::prefix)) return std::nullopt;
    return Id(std::string(text));
  }
  static Id trusted(std::string text) { return Id(std::move(text)); }

  const std::string& text() const { return text_; }
  bool empty() const { return text_.empty(); }
  auto operator<=>(const Id&) const = default;

 private:
  explicit Id(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

struct DeploymentTag {
  static constexpr std::string_view prefix = "dep";
};
struct VersionTag {
  static constexpr std::string_view prefix = "ver";
};
struct RunTag {
  static constexpr std::string_view prefix = "run";
};
struct IncomingWebhookTag {
  static constexpr std::string_view prefix = "iwh";
};
struct OutgoingWebhookTag {
  static constexpr std::string_view prefix = "owh";
};
struct DeliveryTag {
  static constexpr std::string_view prefix = "dlv";
};
struct AttemptTag {
  static constexpr std::string_view prefix = "att";
};
struct ApiKeyTag {
  static constexpr std::string_view prefix = "key";
};
struct RequestTag {
  static constexpr std::string_view prefix = "req";
};

using DeploymentId = Id<DeploymentTag>;
using VersionId = Id<VersionTag>;
using RunId = Id<RunTag>;
using IncomingWebhookId = Id<IncomingWebhookTag>;
using OutgoingWebhookId = Id<OutgoingWebhookTag>;
using DeliveryId = Id<DeliveryTag>;
using AttemptId = Id<AttemptTag>;
using ApiKeyId = Id<ApiKeyTag>;
using RequestId = Id<RequestTag>;

// Makes ids; any thread.
class IdGenerator {
 public:
  IdGenerator(const Clock& clock, Random& random);
  ~IdGenerator();

  template <class IdType>
  IdType make();  // e.g. ids.make<RunId>()

 private:
  std::string next(std::string_view prefix);
  struct State;
  std::unique_ptr<State> state_;
};

namespace detail {
template <class T>
struct IdTag;
template <class Tag>
struct IdTag<Id<Tag>> {
  using type = Tag;
};
}  // namespace detail

template <class IdType>
IdType IdGenerator::make() {
  return IdType::trusted(next(detail::IdTag<IdType>::type::prefix));
}

}  // namespace crewship

template <class Tag>
struct std::hash<crewship::Id<Tag>> {
  std::size_t operator()(const crewship::Id<Tag>& id) const noexcept { return std::hash<std::string>{}(id.text()); }
};
