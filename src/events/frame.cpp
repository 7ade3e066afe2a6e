#include <crewship/events/frame.hpp>

#include <crewship/base/json_writer.hpp>
#include <crewship/base/time_format.hpp>

namespace crewship {

namespace {

void append_open_frame(std::string& out, std::int64_t number, std::string_view type, std::string_view data) {
  out.append("id: ").append(std::to_string(number)).append("\ndata: {\"type\":");
  append_json_quoted(out, type);
  out.append(",\"data\":").append(data).append(",\"payload\":").append(data);
}

}  // namespace

void append_frame(std::string& out, std::int64_t number, std::string_view type, std::string_view data) {
  append_open_frame(out, number, type, data);
  out.append("}\n\n");
}

void append_timed_frame(std::string& out, std::int64_t number, std::string_view type, std::string_view data,
                        WallTime at) {
  append_open_frame(out, number, type, data);
  out.append(",\"timestamp\":\"").append(format_timestamp(at)).append("\"}\n\n");
}

}  // namespace crewship
