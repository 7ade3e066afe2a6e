import { expect, test } from "vitest";

import { screen_of } from "./paths";

test("the console's own address shows the overview", () => {
  expect(screen_of("/console")).toBe("overview");
  expect(screen_of("/console/")).toBe("overview");
  expect(screen_of("/console/runs/run_1")).toBe("runs");
});
