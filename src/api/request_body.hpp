// Reads the JSON object of a request strictly: wrong types, missing and unknown fields are errors that name the field.
// The first problem is kept and the readers go on with empty values, so a handler reads all fields and then asks once
// whether problem() is there. An empty body is {}.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <crewship/base/error.hpp>
#include <crewship/domain/model.hpp>
#include <crewship/domain/rules.hpp>
#include <crewship/http/message.hpp>

namespace crewship {

using TextRule = Complaint (*)(std::string_view);

class RequestBody {
 public:
  explicit RequestBody(const Request& request);
  // The object that is the value of a field of another body; `path` names it in errors ("runner").
  RequestBody object(std::string_view name);

  std::string text(std::string_view name, TextRule rule = nullptr);  // required
  std::optional<std::string> optional_text(std::string_view name, TextRule rule = nullptr);
  std::optional<bool> optional_flag(std::string_view name);
  std::optional<std::int64_t> optional_number(std::string_view name, std::int64_t least, std::int64_t most);
  std::optional<std::vector<std::string>> optional_texts(std::string_view name);
  std::optional<TextPairs> optional_text_pairs(std::string_view name);  // an object of texts, in the order given
  std::optional<std::string> raw(std::string_view name);                // the value's JSON text

  bool has(std::string_view name) const;  // and is not null
  // `message` continues the field's name ("must be a text"), or is a sentence of its own that ends with a dot.
  void complain(std::string_view name, std::string message, std::string code = "invalid_field");
  void complain(Error error);  // one that names its field itself
  // The first thing wrong, fields that nobody asked for included. Called last.
  std::optional<Error> problem();

 private:
  struct Field {
    std::string json;
    bool asked_for = false;
  };
  RequestBody() = default;
  void read_object(std::string_view json);
  Field* ask(std::string_view name);  // null when it is not there; JSON null counts as not there

  std::string path_;  // "" or "runner."
  std::map<std::string, Field, std::less<>> fields_;
  std::optional<Error> problem_;
};

}  // namespace crewship
