import { describe, expect, test } from "vitest";
import { judge as judgeBy } from "../../../../lambdas/traffic/probing.ts";

const check = { url: new URL("http://shop.test/health?full=1"), accept: "200" };
const judge = (response: Parameters<typeof judgeBy>[0], release: string) => judgeBy(response, check, release);

describe("a response to the probe", () => {
  test("of another release is not good", () => {
    expect(judge({ status: 200, release: "old" }, "new")).toEqual({
      ok: false,
      observed: "GET /health?full=1 answered 200 as release old, expected new",
      otherRelease: true,
    });
  });

  test.each([500, 503, 404, 302, 204])("with status %i is not good", (status) => {
    expect(judge({ status, release: "new" }, "new").ok).toBe(false);
  });

  test.each([
    ["200-399", 302, true],
    ["200-399", 404, false],
    ["200,204", 204, true],
    ["200,204", 201, false],
  ])("is judged by the status codes %s of the release: %i", (accept, status, ok) => {
    expect(judgeBy({ status }, { ...check, accept }, "new").ok).toBe(ok);
  });

  test("names the target of a redirect", () => {
    expect(judge({ status: 302, location: "/login" }, "new").observed).toBe(
      "GET /health?full=1 answered 302 → /login, expected 200",
    );
  });

  test("shows the start of an error page, without markup and credentials", () => {
    const body = "<style>p {}</style><p>no database</p>\npostgres://app:hunter2@db/shop";
    expect(judge({ status: 500, body }, "new").observed).toBe(
      "GET /health?full=1 answered 500, expected 200: no database postgres://app:***@db/shop",
    );
  });

  test("of the release is good", () => expect(judge({ status: 200, release: "new" }, "new").ok).toBe(true));

  test("of an app that reports no release is judged by its status", () => {
    expect(judge({ status: 200 }, "new").ok).toBe(true);
  });
});
