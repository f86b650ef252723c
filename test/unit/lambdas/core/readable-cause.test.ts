import { expect, it } from "vitest";
import { readableCause, shorten } from "../../../../lambdas/core/readable-cause.ts";

it("shows the message of a function's error, without its trace", () => {
  const trace = ["Error: x", `    at data:text/javascript,${"%20".repeat(4_000)}`];
  const cause = JSON.stringify({ errorType: "AwsUnavailable", errorMessage: "RDS did not respond.", trace });
  expect(readableCause(cause)).toBe("AwsUnavailable: RDS did not respond.");
  expect(readableCause("It failed.\nFix: push again")).toBe("It failed.\nFix: push again");
});

it("keeps the first sentence and the end of a long text", () => {
  const long = shorten(`It failed.\n${"log line\n".repeat(1_000)}Fix: push again`);
  expect(long).toMatch(/^It failed\.\n[^]*\n… \(shortened\)\n[^]*Fix: push again$/);
  expect(long.length).toBeLessThan(2_050);
});
