"""No lambda is a coroutine: its captures die with the lambda object, which is usually gone at the first suspension."""
import re

from sources import code_only, cpp_files, line_of, main

CLOSING = {"(": ")", "[": "]", "{": "}", "<": ">"}
# What stands before a [ that begins a lambda; after anything else it is a subscript or an array.
BEFORE_LAMBDA = re.compile(r"(?:^|[^\w\s)\]>\[]|\b(?:return|co_return|co_await|co_yield|case|else|do))\s*$")
KEYWORD = re.compile(r"\bco_(?:await|return|yield)\b")


def after_group(code, start):
    """The offset behind the bracket that closes the one at `start`, or None."""
    opening, closing, depth = code[start], CLOSING[code[start]], 0
    for offset in range(start, len(code)):
        if code[offset] == opening:
            depth += 1
        elif code[offset] == closing and not (closing == ">" and code[offset - 1] == "-"):
            depth -= 1
            if depth == 0:
                return offset + 1
    return None


def lambda_body(code, start):
    """(begin, end) of the body of the lambda whose [ is at `start`, or None when it is not a lambda."""
    if code.startswith("[[", start) or not BEFORE_LAMBDA.search(code, max(0, start - 200), start):
        return None
    offset = after_group(code, start)
    # Template parameters, parameters, specifiers and the return type; then the body.
    while offset is not None and offset < len(code):
        if code[offset] == "{":
            end = after_group(code, offset)
            return (offset, end) if end else None
        if code[offset] in "(<[":
            offset = after_group(code, offset)
        elif code[offset] in ";,)]}=":
            return None
        else:
            offset += 1
    return None


def check(root):
    for path in cpp_files(root, "src", "include", "tests"):
        code = code_only(path.read_text())
        starts = [found.start() for found in re.finditer(r"\[", code)]
        bodies = [(start, body) for start in starts if (body := lambda_body(code, start))]
        reported = set()
        for found in KEYWORD.finditer(code):
            around = [(start, body) for start, body in bodies if body[0] < found.start() < body[1]]
            if around and (innermost := max(around)[0]) not in reported:
                reported.add(innermost)
                yield path, line_of(code, innermost), "a lambda that is a coroutine; make it a named function"


if __name__ == "__main__":
    main(check)
