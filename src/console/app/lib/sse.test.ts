import { expect, test } from "vitest";

import { FrameParser } from "./sse";

test("frames are complete at an empty line, however the text is cut", () => {
  const text = 'id: 1\ndata: {"a":1}\n\n: keep alive\n\nid: 2\ndata: x\ndata: y\n\n';
  const whole = new FrameParser().feed(text);
  expect(whole).toEqual([
    { id: "1", data: '{"a":1}' },
    { id: "2", data: "x\ny" },
  ]);
  const parser = new FrameParser();
  expect([...text].flatMap((character) => parser.feed(character))).toEqual(whole);
});

test("a line may end with CR LF, cut between the two", () => {
  const parser = new FrameParser();
  expect(parser.feed("data: a\r")).toEqual([]);
  expect(parser.feed("\n\r\n")).toEqual([{ id: null, data: "a" }]);
});

test("only one space after the colon belongs to the format", () => {
  expect(new FrameParser().feed("data:  a\n\n")).toEqual([{ id: null, data: " a" }]);
});
