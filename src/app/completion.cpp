#include "completion.hpp"

#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>

namespace crewship {
namespace {

struct Word {
  std::string text;
  std::string description;
};
// A place of the command line: the words before it, each with a space in front, and what may come there.
struct Place {
  std::string words;
  std::vector<Word> candidates;
};

void add_options(std::vector<Word>& candidates, const CLI::App& app) {
  for (const CLI::Option* option : app.get_options({})) {
    for (const auto& name : option->get_lnames()) candidates.push_back({"--" + name, option->get_description()});
  }
}

void add_places(std::vector<Place>& places, const CLI::App& app, const std::string& words, const CLI::App& program) {
  Place place{words, {}};
  for (const CLI::App* command : app.get_subcommands({})) {
    place.candidates.push_back({command->get_name(), command->get_description()});
  }
  add_options(place.candidates, app);
  if (app.get_fallthrough()) add_options(place.candidates, program);
  places.push_back(std::move(place));
  for (const CLI::App* command : app.get_subcommands({})) {
    add_places(places, *command, words + " " + command->get_name(), program);
  }
}

// Everywhere but at the beginning: " runs"|" runs list"|…
std::string known_places(const std::vector<Place>& places, std::string_view separator) {
  std::string text;
  for (const auto& place : places) {
    if (place.words.empty()) continue;
    if (!text.empty()) text += separator;
    text += "'" + place.words + "'";
  }
  return text;
}

std::string joined(const std::vector<Word>& words) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : " ") + word.text;
  return text;
}

std::string cases(const std::vector<Place>& places, std::string_view before, std::string_view after) {
  std::string text;
  for (const auto& place : places) {
    text +=
        "    '" + place.words + "') " + std::string(before) + joined(place.candidates) + std::string(after) + " ;;\n";
  }
  return text;
}

std::string bash(const std::vector<Place>& places) {
  return "# bash completion of crewshipd: source <(crewshipd completion bash)\n"
         "_crewshipd() {\n"
         "  local place= words= i\n"
         "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
         "    [ \"${COMP_WORDS[i]}\" = -- ] && return\n"
         "    case \"$place ${COMP_WORDS[i]}\" in\n"
         "    " +
         known_places(places, "|") +
         ") place=\"$place ${COMP_WORDS[i]}\" ;;\n"
         "    esac\n"
         "  done\n"
         "  case \"$place\" in\n" +
         cases(places, "words='", "'") +
         "  esac\n"
         "  COMPREPLY=($(compgen -W \"$words\" -- \"${COMP_WORDS[COMP_CWORD]}\"))\n"
         "}\n"
         "complete -o default -F _crewshipd crewshipd\n";
}

std::string zsh(const std::vector<Place>& places) {
  return "#compdef crewshipd\n"
         "# zsh completion of crewshipd: source <(crewshipd completion zsh)\n"
         "_crewshipd() {\n"
         "  local place= i\n"
         "  local -a candidates\n"
         "  for ((i = 2; i < CURRENT; i++)); do\n"
         "    [[ \"${words[i]}\" = -- ]] && { _files; return; }\n"
         "    case \"$place ${words[i]}\" in\n"
         "    " +
         known_places(places, "|") +
         ") place=\"$place ${words[i]}\" ;;\n"
         "    esac\n"
         "  done\n"
         "  case \"$place\" in\n" +
         cases(places, "candidates=(", ")") +
         "  esac\n"
         "  compadd -a candidates || _files\n"
         "}\n"
         "compdef _crewshipd crewshipd\n";
}

std::string fish_quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  return out + "'";
}

std::string fish(const std::vector<Place>& places) {
  std::string text =
      "# fish completion of crewshipd: crewshipd completion fish | source\n"
      "function __crewshipd_at\n"
      "  set -l place ''\n"
      "  for word in (commandline -opc)[2..-1]\n"
      "    switch \"$place $word\"\n"
      "      case " +
      known_places(places, " ") +
      "\n"
      "        set place \"$place $word\"\n"
      "    end\n"
      "  end\n"
      "  test \"$place\" = \"$argv[1]\"\n"
      "end\n";
  for (const auto& place : places) {
    for (const auto& word : place.candidates) {
      const bool option = word.text.starts_with("--");
      text += "complete -c crewshipd -n \"__crewshipd_at '" + place.words + "'\" " +
              (option ? "-l " + word.text.substr(2) : "-f -a " + word.text) + " -d " + fish_quoted(word.description) +
              "\n";
    }
  }
  return text;
}

}  // namespace

std::string completion_script(const CLI::App& program, const std::string& shell) {
  std::vector<Place> places;
  add_places(places, program, "", program);
  if (shell == "bash") return bash(places);
  return shell == "zsh" ? zsh(places) : fish(places);
}

}  // namespace crewship
