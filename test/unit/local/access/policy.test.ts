import { describe, expect, it } from "vitest";
import { ConditionNotSupported } from "#local/access/conditions.ts";
import { evaluate, parsePolicy, PolicyNotSupported } from "#local/access/policy.ts";

interface Request {
  action?: string;
  resource?: string;
  context?: Record<string, string | string[]>;
}

const bucket = "arn:aws:s3:::photos/cat.png";

function verdict(
  statements: object | object[],
  { action = "s3:GetObject", resource = bucket, context = {} }: Request = {},
) {
  const keys = new Map(Object.entries(context).map(([key, value]) => [key.toLowerCase(), [value].flat()] as const));
  return evaluate(parsePolicy({ Version: "2012-10-17", Statement: statements }), { action, resource, context: keys });
}

const allow = (more: object) => ({ Effect: "Allow", Action: "s3:GetObject", Resource: "*", ...more });

describe("a statement", () => {
  it.each([
    ["allows what it names", allow({}), "allow"],
    ["says nothing of another action", allow({ Action: "s3:PutObject" }), "none"],
    ["takes actions in any case", allow({ Action: "S3:getobject" }), "allow"],
    ["takes wildcards in actions", allow({ Action: ["s3:Get*"] }), "allow"],
    ["takes wildcards in resources", allow({ Resource: "arn:aws:s3:::ph?tos/*" }), "allow"],
    ["minds case in resources", allow({ Resource: "arn:aws:s3:::Photos/*" }), "none"],
    ["says nothing of another resource", allow({ Resource: "arn:aws:s3:::letters/*" }), "none"],
    ["allows all but NotAction", { Effect: "Allow", NotAction: "s3:PutObject", Resource: "*" }, "allow"],
    ["leaves out NotAction", { Effect: "Allow", NotAction: "s3:Get*", Resource: "*" }, "none"],
    ["leaves out NotResource", { Effect: "Allow", Action: "*", NotResource: "arn:aws:s3:::photos/*" }, "none"],
    ["denies against an allow", [allow({}), allow({ Effect: "Deny", Resource: "arn:aws:s3:::photos/*" })], "deny"],
    ["does not deny elsewhere", [allow({}), allow({ Effect: "Deny", Resource: "arn:aws:s3:::letters/*" })], "allow"],
  ])("%s", (_story, statement, expected) => expect(verdict(statement)).toBe(expected));

  it("that allows one resource does not allow `*`, the resource of an action without resource-level permissions", () => {
    expect(verdict(allow({ Resource: bucket }), { resource: "*" })).toBe("none");
  });
});

describe("a condition", () => {
  const passed = (context: Request["context"], condition: object) =>
    verdict(allow({ Condition: condition }), context === undefined ? {} : { context }) === "allow";
  const key = "ecs:cluster";

  it.each([
    ["StringEquals", "a", "a", true],
    ["StringEquals", "a", ["b", "a"], true],
    ["StringEquals", "a", "b", false],
    ["StringEquals", undefined, "a", false],
    ["StringEqualsIfExists", undefined, "a", true],
    ["StringNotEquals", "a", "b", true],
    ["StringNotEquals", "a", ["a", "b"], false],
    ["StringNotEquals", undefined, "a", true],
    ["StringLike", "prod-1", "prod-*", true],
    ["StringLike", "test-1", "prod-*", false],
    ["ArnLike", "arn:aws:ecs:eu-central-1:1:cluster/a", "arn:aws:ecs:*:1:cluster/*", true],
    ["ArnEquals", "arn:aws:ecs:eu-central-1:1:cluster/a", "arn:aws:ecs:*:2:cluster/*", false],
    ["ArnLike", "arn:aws:ecs:eu:1:1:cluster/a", "arn:*:cluster/a", false],
    ["Bool", "true", true, true],
    ["Bool", "false", "true", false],
    ["NumericEquals", "10", 10, true],
    ["NumericLessThan", "10", "9", false],
    ["Null", "a", "false", true],
    ["Null", undefined, "true", true],
    ["Null", undefined, "false", false],
    ["ForAnyValue:StringEquals", ["a", "b"], "b", true],
    ["ForAnyValue:StringEquals", undefined, "b", false],
    ["ForAllValues:StringEquals", ["a", "b"], ["a", "b", "c"], true],
    ["ForAllValues:StringEquals", ["a", "d"], ["a", "b", "c"], false],
  ])("%s of %j with %j is %s", (...[operator, actual, expected, holds]) => {
    expect(passed(actual === undefined ? {} : { [key]: actual }, { [operator]: { [key]: expected } })).toBe(holds);
  });

  it("must hold together with every other", () => {
    const context = { "ecs:cluster": "a", "aws:PrincipalArn": "b" };
    expect(passed(context, { StringEquals: { "ecs:cluster": "a", "aws:PrincipalArn": "c" } })).toBe(false);
  });

  it("takes its key in any case", () =>
    expect(passed({ "ECS:Cluster": "a" }, { StringEquals: { [key]: "a" } })).toBe(true));
});

describe("a policy that cannot be enforced is refused", () => {
  it.each([
    [
      "an unknown operator",
      allow({ Condition: { IpAddress: { "aws:SourceIp": "10.0.0.0/8" } } }),
      ConditionNotSupported,
    ],
    ["a policy variable", allow({ Resource: "arn:aws:s3:::${aws:username}/*" }), PolicyNotSupported],
    ["an unknown element", allow({ Principal: "*" }), PolicyNotSupported],
    ["no action", { Effect: "Allow", Resource: "*" }, PolicyNotSupported],
    ["an unknown effect", allow({ Effect: "Maybe" }), PolicyNotSupported],
  ])("%s", (_story, statement, error) => expect(() => verdict(statement)).toThrow(error));
});

describe("policy variables", () => {
  const owner = allow({ Condition: { StringEquals: { "ecs:cluster": "${aws:PrincipalArn}" } } });

  it("hold for the value of the key alone", () => {
    expect(verdict(owner, { context: { "ecs:cluster": "me", "aws:PrincipalArn": "me" } })).toBe("allow");
    expect(verdict(owner, { context: { "ecs:cluster": "you", "aws:PrincipalArn": "me" } })).toBe("none");
  });

  it("match nothing when the key is absent, but for a default", () => {
    expect(verdict(owner, { context: { "ecs:cluster": "${aws:PrincipalArn}" } })).toBe("none");
    const team = allow({ Condition: { StringEquals: { "ecs:cluster": "${aws:PrincipalTag/team, 'none'}" } } });
    expect(verdict(team, { context: { "ecs:cluster": "none" } })).toBe("allow");
  });
});

describe("a policy is refused when it is read", () => {
  const deny = (condition: object) => ({ Effect: "Deny", Action: "*", Resource: "*", Condition: condition });
  it.each([
    ["a wildcard for the service", allow({ Action: "*:GetObject" })],
    ["an action without a service", allow({ Action: "GetObject" })],
    ["a Deny with a key that no request has", deny({ StringEquals: { "aws:SourceVpce": "vpce-1" } })],
  ])("for %s", (_story, statement) => expect(() => verdict(statement)).toThrow(PolicyNotSupported));

  it("and a Deny with a key that requests have is enforced", () => {
    const insecure = deny({ Bool: { "aws:SecureTransport": "false" } });
    expect(verdict([allow({}), insecure], { context: { "aws:SecureTransport": "false" } })).toBe("deny");
    expect(verdict([allow({}), insecure], { context: { "aws:SecureTransport": "true" } })).toBe("allow");
  });
});

it("takes an empty text for no number", () => {
  const small = allow({ Condition: { NumericLessThan: { "s3:max-keys": "10" } } });
  expect(verdict(small, { context: { "s3:max-keys": "" } })).toBe("none");
  expect(verdict(small, { context: { "s3:max-keys": "9" } })).toBe("allow");
});
