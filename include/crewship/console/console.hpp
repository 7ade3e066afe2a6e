// The console's pages: the files that src/console's build makes, held in the binary. No I/O. What the pages show comes
// from /v1; a path below /console that is no file is the page itself, which reads its own address.
#pragma once

#include <span>
#include <string_view>

#include <crewship/http/router.hpp>

namespace crewship {

struct ConsoleFile {
  std::string_view path;  // below /console/, such as "assets/index-4f2a.js"
  std::string_view content_type;
  std::string_view hash;  // of the content, for the ETag
  std::string_view content;
  std::string_view gzipped;  // empty: not worth it
};

std::span<const ConsoleFile> console_files();

// GET / (which leads to the console), /console and what is below it. The files outlive the router and hold an
// "index.html".
void add_console_routes(Router& router, std::span<const ConsoleFile> files);

}  // namespace crewship
