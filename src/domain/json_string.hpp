// What a JSON string says: the body between its quotes, already checked by json_scanner, decoded or written again.
// Strings are JavaScript's, UTF-16 code units in effect, so a surrogate can stand alone.
#pragma once

#include <string>

#include "json_scanner.hpp"

namespace crewship::detail {

// As JSON.stringify writes it, with quotes (ECMA-262, 25.5.2.3): raw but for \" \\ \b \f \n \r \t, other control
// characters as \u00xx and lone surrogates as \udxxx. One spelling a string, so equal strings are equal bytes.
void append_javascript_string(std::string& out, const RawString& string);

// As UTF-8; each lone surrogate becomes U+FFFD.
std::string decode_string(const RawString& string);

}  // namespace crewship::detail
