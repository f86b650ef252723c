import { describe, expect, it, vi } from "vitest";
import { parseSince } from "../../../cli/options.ts";

describe("--since", () => {
  it.each([
    ["30s", 30],
    ["10m", 600],
    ["2h", 7200],
    ["1d", 86_400],
  ])("%s is that long ago", (value, seconds) => {
    vi.useFakeTimers({ now: 10_000_000_000, toFake: ["Date"] });
    expect(parseSince(value)).toBe(10_000_000_000 - seconds * 1000);
    vi.useRealTimers();
  });

  it("is a time, too", () => {
    expect(parseSince("2030-01-31T12:00:00Z")).toBe(Date.UTC(2030, 0, 31, 12));
  });

  it.each(["", "ten minutes", "10", "10x"])("refuses %j", (value) => {
    expect(() => parseSince(value)).toThrow("Expected a duration such as 30s");
  });
});
