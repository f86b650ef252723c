import { describe, expect, test } from "vitest";
import { allowances, trailerValues } from "../../../../lambdas/release/trailers.ts";

describe("what a commit allows", () => {
  test.each([
    ["Drop notes\n\nLockstep-Allow: destructive\n", ["destructive"]],
    ["Drop notes\r\n\r\nlockstep-allow:Destructive\r\n", ["destructive"]],
    ["Drop notes\n\nLong story.\n\nSigned-off-by: Ada <a@b>\nLockstep-Allow: a, b\nLockstep-Allow: b", ["a", "b"]],
    ["Drop notes\n\nLockstep-Allow: a,\n  b\n(cherry picked from commit 1234)", ["a", "b"]],
    ["Drop notes\n \t\n\nLockstep-Allow: destructive", ["destructive"]],
  ])("is in the last paragraph: %j", (message, allowed) => expect(allowances(message)).toEqual(allowed));

  test.each([
    "",
    "Lockstep-Allow: destructive",
    "Drop notes\nLockstep-Allow: destructive",
    "Drop notes\n\nLockstep-Allow: destructive\n\nAnother paragraph.",
    "Drop notes\n\nThis is not\nLockstep-Allow: destructive",
    "Drop notes\n\nLockstep-Allow destructive",
    "Drop notes\n\nLockstep-Allow:",
  ])("is nothing in %j", (message) => expect(allowances(message)).toEqual([]));

  test("may hold a colon", () => {
    expect(trailerValues("a\n\nLink: https://x/y:z", "link")).toEqual(["https://x/y:z"]);
  });
});
