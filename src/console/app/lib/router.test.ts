import { describe, expect, test } from "vitest";

import { address, match, place_of } from "./router";

test("a place is the path below /console and the query", () => {
  expect(place_of(new URL("http://h/console")).path).toBe("/");
  expect(place_of(new URL("http://h/console/")).path).toBe("/");
  const place = place_of(new URL("http://h/console/runs/run_1/?status=failed"));
  expect(place.path).toBe("/runs/run_1");
  expect(place.query.get("status")).toBe("failed");
});

describe("patterns", () => {
  test("name the parts of a path", () => {
    expect(match("/runs/:id", "/runs/run_1")).toEqual({ id: "run_1" });
    expect(match("/deployments/:id/webhooks", "/deployments/dep%5F1/webhooks")).toEqual({ id: "dep_1" });
  });
  test("fit whole paths only", () => {
    expect(match("/runs/:id", "/runs")).toBeNull();
    expect(match("/runs", "/runs/run_1")).toBeNull();
    expect(match("/runs/:id", "/deliveries/dlv_1")).toBeNull();
    expect(match("/runs/:id", "/runs/%E0%A4%A")).toBeNull();
  });
});

describe("addresses", () => {
  const staging = new URLSearchParams("environment=staging&status=failed");
  test("keep the environment and nothing else", () => {
    expect(address("/runs", {}, staging)).toBe("/console/runs?environment=staging");
    expect(address("/", {}, new URLSearchParams())).toBe("/console");
  });
  test("change the environment when told, and drop what is empty", () => {
    expect(address("/runs", { environment: null, status: "" }, staging)).toBe("/console/runs");
    expect(address("/runs", { environment: "production" }, staging)).toBe("/console/runs?environment=production");
  });
  test("escape what a filter holds", () => {
    expect(address("/runs", { status: "a&b" }, new URLSearchParams())).toBe("/console/runs?status=a%26b");
  });
});
