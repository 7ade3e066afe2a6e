#include <crewship/console/console.hpp>

#include <algorithm>
#include <stdexcept>
#include <string>

namespace crewship {
namespace {

constexpr std::string_view folder = "/console/";
constexpr std::string_view hashed_folder = "assets/";
constexpr std::string_view content_security_policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

const ConsoleFile* find_file(std::span<const ConsoleFile> files, std::string_view path) {
  const auto found = std::ranges::find(files, path, &ConsoleFile::path);
  return found == files.end() ? nullptr : &*found;
}

// Calls `use` with each element of a comma separated list, without the blanks around it.
template <class Use>
void for_each_element(std::string_view list, Use use) {
  while (!list.empty()) {
    const std::size_t end = std::min(list.find(','), list.size());
    std::string_view element = list.substr(0, end);
    list.remove_prefix(std::min(end + 1, list.size()));
    while (element.starts_with(' ') || element.starts_with('\t')) element.remove_prefix(1);
    while (element.ends_with(' ') || element.ends_with('\t')) element.remove_suffix(1);
    use(element);
  }
}

// RFC 9110 §12.5.3, as far as browsers and curl use it: gzip by its name, and not with a weight of zero.
bool accepts_gzip(const Request& request) {
  bool accepted = false;
  for_each_element(request.header("Accept-Encoding").value_or(""), [&](std::string_view element) {
    const std::size_t semicolon = std::min(element.find(';'), element.size());
    std::string_view coding = element.substr(0, semicolon);
    while (coding.ends_with(' ')) coding.remove_suffix(1);
    const std::string_view parameters = element.substr(semicolon);
    const std::size_t weight = parameters.find("q=");
    const bool refused =
        weight != std::string_view::npos && parameters.substr(weight + 2).find_first_not_of("0. ") == std::string::npos;
    if (coding == "gzip") accepted = !refused;
  });
  return accepted;
}

bool has_current_copy(const Request& request, std::string_view etag) {
  bool current = false;
  for_each_element(request.header("If-None-Match").value_or(""), [&](std::string_view known) {
    if (known.starts_with("W/")) known.remove_prefix(2);
    current = current || known == etag || known == "*";
  });
  return current;
}

Response answer_with(const ConsoleFile& file, const Request& request) {
  const bool gzip = !file.gzipped.empty() && accepts_gzip(request);
  const std::string etag = "\"" + std::string(file.hash) + (gzip ? "-gzip\"" : "\"");
  const bool hashed = file.path.starts_with(hashed_folder);
  const bool current = has_current_copy(request, etag);
  Response response;
  response.status = current ? 304 : 200;
  response.headers = {{"Cache-Control", hashed ? "public, max-age=31536000, immutable" : "no-cache"},
                      {"ETag", etag},
                      {"Vary", "Accept-Encoding"},
                      {"Content-Security-Policy", std::string(content_security_policy)},
                      {"X-Content-Type-Options", "nosniff"},
                      {"Referrer-Policy", "no-referrer"},
                      {"X-Frame-Options", "DENY"}};
  if (current) return response;
  response.headers.emplace_back("Content-Type", file.content_type);
  if (gzip) response.headers.emplace_back("Content-Encoding", "gzip");
  response.body = gzip ? file.gzipped : file.content;
  return response;
}

Task<Response> serve(std::span<const ConsoleFile> files, const Request& request) {
  const std::string_view path = std::string_view(request.path).substr(std::min(folder.size(), request.path.size()));
  const ConsoleFile* file = find_file(files, path);
  // A page of an older build asks for what is gone: the page itself would not do in its place.
  if (file == nullptr && path.starts_with(hashed_folder)) {
    co_return error_response(Error{.kind = ErrorKind::not_found,
                                   .code = "not_found",
                                   .message = "This file belongs to another version of the console. Reload the page."});
  }
  co_return answer_with(file != nullptr ? *file : *find_file(files, "index.html"), request);
}

Task<Response> lead_to_console(Request&) {
  Response response = empty_response(302);
  response.headers.emplace_back("Location", "/console");
  co_return response;
}

}  // namespace

void add_console_routes(Router& router, std::span<const ConsoleFile> files) {
  if (find_file(files, "index.html") == nullptr) throw std::invalid_argument("the console has no index.html");
  const auto handler = [files](Request& request) { return serve(files, request); };
  router.add("GET", "/", lead_to_console);
  router.add("GET", "/console", handler);
  router.add_prefix("GET", folder, handler);
}

}  // namespace crewship
