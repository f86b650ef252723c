import { describe, expect, test } from "vitest";
import { judge } from "../../../../lambdas/traffic/probing.ts";

describe("a response to the probe", () => {
  test("of another release is not good", () => {
    expect(judge({ status: 200, release: "old" }, "new")).toEqual({
      ok: false,
      observed: "responded 200 as release old, expected new",
      otherRelease: true,
    });
  });

  test.each([500, 503, 404, 302, 204])("with status %i is not good", (status) => {
    expect(judge({ status, release: "new" }, "new").ok).toBe(false);
  });

  test("of the release is good", () => expect(judge({ status: 200, release: "new" }, "new").ok).toBe(true));

  test("of an app that reports no release is judged by its status", () => {
    expect(judge({ status: 200 }, "new").ok).toBe(true);
  });
});
