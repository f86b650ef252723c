import { expect, it } from "vitest";
import { Sessions } from "../../../../console/server/session.ts";

it("exchanges a token once, within 15 minutes", () => {
  let now = 0;
  const sessions = new Sessions(() => now);
  const [first, second] = [sessions.issueToken(), sessions.issueToken()];
  now = 15 * 60_000;
  expect(sessions.exchange(first)).toBeDefined();
  expect(sessions.exchange(first)).toBeUndefined();
  now += 1;
  expect(sessions.exchange(second)).toBeUndefined();
  expect(sessions.exchange("unknown")).toBeUndefined();
});

it("accepts a cookie with its own key for 12 hours", () => {
  let now = 0;
  const sessions = new Sessions(() => now);
  const [one, other] = [sessions.exchange(sessions.issueToken()), sessions.exchange(sessions.issueToken())];
  if (!one || !other) throw new Error("No session");
  expect(sessions.isValid(one)).toBe(true);
  expect(sessions.isValid({ cookie: one.cookie, key: other.key })).toBe(false);
  expect(sessions.isValid({ cookie: one.cookie, key: "" })).toBe(false);
  now = 12 * 3_600_000 + 1;
  expect(sessions.isValid(one)).toBe(false);
});
