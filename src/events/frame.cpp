#include <crewship/events/frame.hpp>

#include <crewship/base/json_writer.hpp>

namespace crewship {

void append_frame(std::string& out, std::int64_t number, std::string_view type, std::string_view data) {
  out.append("id: ").append(std::to_string(number)).append("\ndata: {\"type\":");
  append_json_quoted(out, type);
  out.append(",\"data\":").append(data).append(",\"payload\":").append(data).append("}\n\n");
}

}  // namespace crewship
