import { expect, it } from "vitest";
import { nextStart } from "../../../../../console/server/queries/logs.ts";

it("reads the last seconds of a log again, in which lines arrive late, but none behind a full page", () => {
  expect(nextStart([{ at: 100_000 }, { at: 90_000 }], 0, false)).toBe(85_000);
  expect(nextStart([{ at: 100_000 }], 95_000, false)).toBe(95_000);
  expect(nextStart([], 7, false)).toBe(7);
  expect(nextStart([{ at: 100_000 }], 0, true)).toBe(100_000);
  expect(nextStart([{ at: 100_000 }], 100_000, true)).toBe(100_001);
});
