"""What the checks share: which files to read, C++ without comments and literals, and how findings are reported."""
import re
import sys
from pathlib import Path

# Raw strings first, so that a quote or slash inside one is not taken for a literal or comment of its own.
_NOT_CODE = re.compile(
    r'R"(?P<tag>[^\s()\\]{0,16})\(.*?\)(?P=tag)"'
    r'|//[^\n]*|/\*.*?\*/'
    r'|"(?:\\.|[^"\\\n])*"'
    r"|(?<![0-9A-Za-z_])'(?:\\.|[^'\\\n])+'",
    re.DOTALL)


def code_only(text):
    """The text with comments, strings and character literals blanked out; offsets and line numbers stay the same."""
    return _NOT_CODE.sub(lambda found: re.sub(r"[^\n]", " ", found.group()), text)


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


def cpp_files(root, *folders):
    for folder in folders:
        for path in sorted((root / folder).rglob("*")):
            if path.suffix in (".hpp", ".cpp") and "node_modules" not in path.parts:
                yield path


def main(check):
    """Runs check(root) over the repository (or the folder given) and reports each finding as file:line: text."""
    root = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parents[2]
    findings = list(check(root))
    for path, line, text in findings:
        print(f"{path.relative_to(root)}:{line}: {text}")
    sys.exit(1 if findings else 0)
