// javascript_json: writes each word as JavaScript does while it is read, and where each member of each open object
// starts. Only when some object must be rearranged does a second pass over the written text put the pieces in order; to
// do it once at the end, and not at each closing brace, keeps deep nesting linear.
#include <algorithm>
#include <span>
#include <utility>

#include <crewship/domain/json.hpp>

#include "json_number.hpp"
#include "json_order.hpp"
#include "json_reader.hpp"
#include "json_string.hpp"

namespace crewship {
namespace {

using detail::RawString;

// A piece of the text as first written, and whether it needs a comma before it.
struct Piece {
  std::size_t begin;
  std::size_t end;
  bool comma;
};

// An object that JavaScript keeps in another order: its braces are at begin and end, its members become `count` pieces.
struct Rearranged {
  std::size_t begin;
  std::size_t end;
  std::size_t first_piece;
  std::size_t count;
};

// The text with the members of the rearranged objects in their new order.
std::string rearrange(std::string_view written, std::vector<Rearranged> objects, const std::vector<Piece>& pieces) {
  std::ranges::sort(objects, {}, &Rearranged::begin);
  std::string out;
  out.reserve(written.size());
  std::vector<Piece> waiting{{0, written.size(), false}};  // a stack: what comes first is last
  while (!waiting.empty()) {
    const Piece piece = waiting.back();
    waiting.pop_back();
    if (piece.comma) out += ',';
    const auto object = std::ranges::lower_bound(objects, piece.begin, {}, &Rearranged::begin);
    if (object == objects.end() || object->begin >= piece.end) {
      out += written.substr(piece.begin, piece.end - piece.begin);
      continue;
    }
    out += written.substr(piece.begin, object->begin + 1 - piece.begin);
    waiting.push_back({object->end, piece.end, false});
    for (std::size_t index = object->count; index > 0; --index) {
      waiting.push_back(pieces[object->first_piece + index - 1]);
    }
  }
  return out;
}

class JavaScriptSink {
 public:
  explicit JavaScriptSink(std::size_t size) { out_.reserve(size); }

  std::string take() {
    return rearranged_.empty() ? std::move(out_) : rearrange(out_, std::move(rearranged_), pieces_);
  }

  void open(JsonKind kind) {
    before_value();
    open_.push_back({kind, out_.size(), members_.size()});
    out_ += kind == JsonKind::object ? '{' : '[';
    first_ = true;
  }
  void close(JsonKind kind) {
    if (kind == JsonKind::object) close_object(open_.back());
    out_ += kind == JsonKind::object ? '}' : ']';
    open_.pop_back();
    first_ = false;
  }
  void key(const RawString& key) {
    separate();
    const std::size_t begin = out_.size();
    detail::append_javascript_string(out_, key);
    members_.push_back({begin, out_.size()});
    out_ += ':';
  }
  void string(const RawString& string) {
    before_value();
    detail::append_javascript_string(out_, string);
  }
  void number(std::string_view raw) {
    before_value();
    detail::append_javascript_number(out_, raw);
  }
  void literal(JsonKind, std::string_view word) {
    before_value();
    out_ += word;
  }

 private:
  struct Container {
    JsonKind kind;
    std::size_t begin;
    std::size_t first_member;
  };
  // With its quotes, a key stands at [begin, key_end) of the written text; its member ends at the next one's comma.
  struct Member {
    std::size_t begin;
    std::size_t key_end;
  };

  void separate() {
    if (!first_) out_ += ',';
    first_ = false;
  }
  void before_value() {
    if (!open_.empty() && open_.back().kind == JsonKind::array) separate();
  }
  void close_object(const Container& object);

  std::string out_;
  bool first_ = true;  // in the innermost container, no member or element has been written yet
  std::vector<Container> open_;
  std::vector<Member> members_;  // of all open objects, the innermost one's last
  std::vector<std::string_view> keys_;
  std::vector<Rearranged> rearranged_;
  std::vector<Piece> pieces_;
};

void JavaScriptSink::close_object(const Container& object) {
  const std::span<const Member> members = std::span(members_).subspan(object.first_member);
  keys_.clear();
  const std::string_view written = out_;
  for (const Member& member : members) {
    keys_.push_back(written.substr(member.begin + 1, member.key_end - member.begin - 2));
  }
  const std::vector<std::size_t> order = detail::javascript_order(keys_);
  if (!order.empty()) {
    rearranged_.push_back({object.begin, out_.size(), pieces_.size(), order.size()});
    for (const std::size_t index : order) {
      const std::size_t end = index + 1 < members.size() ? members[index + 1].begin - 1 : out_.size();
      pieces_.push_back({members[index].begin, end, index != order.front()});
    }
  }
  members_.resize(object.first_member);
}

}  // namespace

std::expected<std::string, JsonError> javascript_json(std::string_view text, std::size_t max_depth) {
  JavaScriptSink sink(text.size());
  const auto kind = detail::JsonReader(text, max_depth, sink).read();
  if (!kind) return std::unexpected(kind.error());
  return sink.take();
}

}  // namespace crewship
