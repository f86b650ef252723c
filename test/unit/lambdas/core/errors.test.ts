import { CodeBuildServiceException } from "@aws-sdk/client-codebuild";
import { describe, expect, test } from "vitest";
import { AwsUnavailable, BuildFailed, isTransient } from "../../../../lambdas/core/errors.ts";

const named = (name: string, more: object = {}) => Object.assign(new Error("message"), { name, ...more });

describe("an error passes", () => {
  test.each([
    ["throttling", named("ThrottlingException", { $fault: "client", $metadata: { httpStatusCode: 400 } })],
    ["a fault of AWS", named("Whatever", { $fault: "server" })],
    ["a 503", named("Whatever", { $metadata: { httpStatusCode: 503 } })],
    ["a refused connection", named("Error", { code: "ECONNREFUSED" })],
    ["a time limit", named("TimeoutError")],
    ["credentials that ran out", named("ExpiredTokenException", { $fault: "client" })],
    ["our own", new AwsUnavailable("placed no task")],
  ])("%s", (_name, error) => expect(isTransient(error)).toBe(true));
});

describe("an error does not pass", () => {
  test.each([
    ["denied", named("AccessDeniedException", { $fault: "client", $metadata: { httpStatusCode: 400 } })],
    [
      "invalid input",
      new CodeBuildServiceException({
        name: "InvalidInputException",
        $fault: "client",
        $metadata: { httpStatusCode: 400 },
      }),
    ],
    ["a named failure", new BuildFailed("npm test failed with status 503")],
    ["a bug", new TypeError("fetch is not a function")],
    ["no error at all", "ThrottlingException"],
  ])("%s", (_name, error) => expect(isTransient(error)).toBe(false));
});
