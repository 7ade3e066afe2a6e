"""Calls that have one home or none: time and chance come from base's Clock and Random, and nothing blocks the loop."""
import re

from sources import code_only, cpp_files, line_of, main

ONLY_IN_BASE = re.compile(
    r"::now\s*\(|\brandom_device\b|\bs?rand\s*\(|::random\s*\(|\bgetrandom\s*\(|\bRAND_\w+\s*\("
    r"|\bclock_gettime\s*\(|\bgettimeofday\s*\(|(?:\bstd::|[^\w.:>])time\s*\(\s*(?:nullptr|NULL|0|&)")
NOWHERE = re.compile(
    r"\bsleep_(?:for|until)\b|\b(?:u|nano)?sleep\s*\(|\bgetaddrinfo\s*\(|\bgethostbyname\w*\s*\("
    r"|(?<![\w.])system\s*\(|\bpopen\s*\(")


def check(root):
    for path in cpp_files(root, "src", "include"):
        code = code_only(path.read_text())
        in_base = "base" in path.relative_to(root).parts
        for found in ONLY_IN_BASE.finditer(code):
            if not in_base:
                name = found.group().strip(" (")
                yield path, line_of(code, found.start()), f"{name}: use base's Clock, Random or IdGenerator"
        for found in NOWHERE.finditer(code):
            yield path, line_of(code, found.start()), f"{found.group().strip(' (')} blocks the event loop"


if __name__ == "__main__":
    main(check)
