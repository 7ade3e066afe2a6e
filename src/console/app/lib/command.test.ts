import { describe, expect, test } from "vitest";

import { join_command, parse_env, split_command } from "./command";

describe("a command line", () => {
  test.each([
    ["python3 crew.py", ["python3", "crew.py"]],
    ["  a   b ", ["a", "b"]],
    ["sh -c 'echo \"$HOME\" && x'", ["sh", "-c", 'echo "$HOME" && x']],
    ['a "b \\" c" d\\ e', ["a", 'b " c', "d e"]],
    ["a '' b", ["a", "", "b"]],
    ["a'b'c", ["abc"]],
    ["", []],
  ])("%s is words", (text, words) => expect(split_command(text)).toEqual({ words, problem: null }));

  test("with an open quote has a problem", () => {
    expect(split_command("echo 'a").problem).toContain("not closed");
  });

  test.each([[["sh", "-c", "it's a \"test\" $x"]], [["a", "", "b c", "\\"]], [["plain"]]])(
    "written from the words %j is read as the same",
    (words) => expect(split_command(join_command(words)).words).toEqual(words),
  );
});

test("environment variables are lines", () => {
  expect(parse_env("A=1\n\nB = x=y ")).toEqual({ env: { A: "1", B: " x=y " }, problem: null });
  expect(parse_env("nonsense").problem).toContain("NAME=value");
  expect(parse_env("=x").problem).toContain("NAME=value");
});
