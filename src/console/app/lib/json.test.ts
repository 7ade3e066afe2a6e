import { expect, test } from "vitest";

import { ExactNumber, input_problem, json_text, parse_json } from "./json";

test("a value is written as a person edits it", () => {
  const text = '{\n  "a": [\n    1,\n    "x"\n  ],\n  "b": {},\n  "c": [],\n  "d": null\n}';
  expect(json_text(parse_json(text))).toBe(text);
});

test("a number that JavaScript cannot hold is written as it came", () => {
  expect(json_text({ id: new ExactNumber("9007199254740993") })).toBe('{\n  "id": 9007199254740993\n}');
});

test("an input is an object or empty", () => {
  expect(input_problem("")).toBeNull();
  expect(input_problem('{"topic": 1}')).toBeNull();
  expect(input_problem("[1]")).toContain("must be a JSON object");
  expect(input_problem("12")).toContain("must be a JSON object");
  expect(input_problem('{"topic"')).toContain("Not JSON yet");
});
