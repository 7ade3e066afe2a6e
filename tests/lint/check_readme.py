"""What the README quotes of the example receivers is in them to the letter, and the files that it and the documents link
exist."""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
EXAMPLES = {"python": "verify.py"}


def problems(readme: str, root: pathlib.Path) -> list[str]:
    found = []
    for language, name in EXAMPLES.items():
        blocks = re.findall(rf"^```{language}\n(.*?)^```$", readme, re.MULTILINE | re.DOTALL)
        if not blocks:
            found.append(f"README.md quotes nothing of {name}")
        example = (root / "docs/examples" / name).read_text(encoding="utf-8")
        found += [f"README.md quotes what is not in {name}:\n{block}" for block in blocks if block not in example]
    return found + dead_links(readme, "README.md", root)


def dead_links(text: str, name: str, folder: pathlib.Path) -> list[str]:
    return [f"{name} links {target}, which is not there" for target in re.findall(r"\]\(([^)#\s]+)", text)
            if "://" not in target and not (folder / target).exists()]


if __name__ == "__main__":
    complaints = problems((ROOT / "README.md").read_text(encoding="utf-8"), ROOT)
    for document in sorted((ROOT / "docs").rglob("*.md")):
        complaints += dead_links(document.read_text(encoding="utf-8"), str(document.relative_to(ROOT)), document.parent)
    print("\n".join(complaints))
    sys.exit(1 if complaints else 0)
