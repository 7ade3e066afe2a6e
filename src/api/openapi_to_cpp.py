"""Turns docs/openapi.yaml into a C++ file that holds it as JSON: openapi_to_cpp.py INPUT OUTPUT."""

import json
import sys

import yaml

source, target = sys.argv[1:]
with open(source, encoding="utf-8") as file:
    document = json.dumps(yaml.safe_load(file), separators=(",", ":"), ensure_ascii=True)
# Compilers bound the length of one literal; neighbours are joined.
pieces = [document[start:start + 8000] for start in range(0, len(document), 8000)]
with open(target, "w", encoding="utf-8") as file:
    file.write("#include <crewship/api/openapi.hpp>\n\nnamespace crewship {\n\n")
    file.write("std::string_view openapi_document() {\n  static constexpr std::string_view document =\n")
    file.write("\n".join('      R"json(' + piece + ')json"' for piece in pieces))
    file.write(";\n  return document;\n}\n\n}  // namespace crewship\n")
