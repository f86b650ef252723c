import { expect, it } from "vitest";
import { createAccess, type Access } from "#local/access/index.ts";
import { iamResources } from "#local/services/iam/index.ts";
import { trustedServices } from "#local/access/trust.ts";
import { authorize } from "#local/cloud/dispatch.ts";
import { rolePrincipal } from "#local/cloud/identity.ts";
import type { ResourceContext } from "#local/cloud/index.ts";
import { openStore, systemClock } from "#local/kernel/index.ts";

const context: ResourceContext = {
  logicalId: "Logical",
  stackName: "Stack",
  generatedName: () => "Stack-Logical-1",
  assetPath: () => "",
};
const trust = {
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Action: "sts:AssumeRole", Principal: { Service: "lambda.amazonaws.com" } }],
};
const document = (...actions: string[]) => ({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Action: actions, Resource: "*" }],
});

async function provision(access: Access, type: string, properties: object) {
  const resource = iamResources(access, "123456789012").find((candidate) => candidate.type === type);
  if (!resource) throw new Error(`no ${type}`);
  return resource.create(resource.properties.parse(properties), context);
}

const roleArn = "arn:aws:iam::123456789012:role/worker";
const may = (access: Access, action: string) =>
  access.decide(roleArn, { action, resource: "*", context: new Map() }).allowed;

it("adds up inline, attached, managed and AWS's policies of a role", async () => {
  const access = createAccess(openStore(":memory:"));
  const attached = await provision(access, "AWS::IAM::ManagedPolicy", { PolicyDocument: document("ecs:RunTask") });
  await provision(access, "AWS::IAM::Role", {
    RoleName: "worker",
    AssumeRolePolicyDocument: trust,
    Policies: [{ PolicyName: "inline", PolicyDocument: document("s3:GetObject") }],
    ManagedPolicyArns: [attached.physicalId, "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"],
  });
  await provision(access, "AWS::IAM::Policy", {
    PolicyName: "more",
    PolicyDocument: document("rds:CreateDBSnapshot"),
    Roles: ["worker"],
  });
  const allowed = ["s3:GetObject", "ecs:RunTask", "rds:CreateDBSnapshot", "logs:PutLogEvents"];
  expect(allowed.filter((action) => !may(access, action))).toEqual([]);
  expect(may(access, "rds:DeleteDBInstance")).toBe(false);
});

it("takes a policy away with its resource", async () => {
  const access = createAccess(openStore(":memory:"));
  await provision(access, "AWS::IAM::Role", { RoleName: "worker", AssumeRolePolicyDocument: trust });
  const properties = { PolicyName: "more", PolicyDocument: document("rds:*"), Roles: ["worker"] };
  const { physicalId } = await provision(access, "AWS::IAM::Policy", properties);
  expect(may(access, "rds:CreateDBSnapshot")).toBe(true);
  access.deletePolicy(physicalId);
  expect(may(access, "rds:CreateDBSnapshot")).toBe(false);
});

it("refuses an AWS managed policy that it does not know", async () => {
  const access = createAccess(openStore(":memory:"));
  const properties = {
    RoleName: "worker",
    AssumeRolePolicyDocument: trust,
    ManagedPolicyArns: ["arn:aws:iam::aws:policy/AdministratorAccess"],
  };
  await expect(provision(access, "AWS::IAM::Role", properties)).rejects.toThrow(
    /AdministratorAccess of role worker is not supported/,
  );
});

const anyTask = { Effect: "Allow", Action: "ecs:RunTask", Resource: "*" };

it("lets a role pass another one only to the service that its policy names", () => {
  const access = createAccess(openStore(":memory:"));
  const passRole = {
    Effect: "Allow",
    Action: "iam:PassRole",
    Resource: "arn:aws:iam::123456789012:role/task",
    Condition: { StringEquals: { "iam:PassedToService": "ecs-tasks.amazonaws.com" } },
  };
  const inlinePolicies = { all: { Version: "2012-10-17", Statement: [anyTask, passRole] } };
  access.putRole({ name: "worker", arn: roleArn, trustedServices: [], inlinePolicies, managedPolicyArns: [] });
  const ask = (role: string, service: string) => () =>
    authorize(
      { access, cloud: { region: "eu-central-1", accountId: "123456789012", clock: systemClock() } },
      rolePrincipal(roleArn, "test"),
      {
        action: "ecs:RunTask",
        resources: ["arn:aws:ecs:eu-central-1:123456789012:task-definition/app:1"],
        passedRoles: [`arn:aws:iam::123456789012:role/${role}`],
        context: { "iam:PassedToService": service },
      },
    );
  expect(ask("task", "ecs-tasks.amazonaws.com")).not.toThrow();
  expect(ask("other", "ecs-tasks.amazonaws.com")).toThrow(
    /is not authorized to perform: iam:PassRole on resource: .*role\/other/,
  );
  expect(ask("task", "lambda.amazonaws.com")).toThrow(/iam:PassRole/);
});

it("denies a call without the other actions that it requires", () => {
  const access = createAccess(openStore(":memory:"));
  const inlinePolicies = { all: { Version: "2012-10-17", Statement: [anyTask] } };
  access.putRole({ name: "worker", arn: roleArn, trustedServices: [], inlinePolicies, managedPolicyArns: [] });
  const ask = (also: { action: string; resources: string[] }[]) => () =>
    authorize(
      { access, cloud: { region: "eu-central-1", accountId: "123456789012", clock: systemClock() } },
      rolePrincipal(roleArn, "test"),
      { action: "ecs:RunTask", resources: ["*"], also },
    );
  expect(ask([])).not.toThrow();
  expect(ask([{ action: "ecs:TagResource", resources: ["*"] }])).toThrow(/not authorized to perform: ecs:TagResource/);
});

it.each([
  ["the region of the request", { StringEquals: { "aws:RequestedRegion": "eu-central-1" } }, true],
  ["another region", { StringEquals: { "aws:RequestedRegion": "us-east-1" } }, false],
  ["the account", { StringEquals: { "aws:PrincipalAccount": "123456789012" } }, true],
  ["the role", { ArnEquals: { "aws:PrincipalArn": roleArn } }, true],
  ["another role", { ArnEquals: { "aws:PrincipalArn": `${roleArn}-2` } }, false],
  ["TLS", { Bool: { "aws:SecureTransport": "true" } }, true],
  ["a time in the past", { DateGreaterThan: { "aws:CurrentTime": "2020-01-01T00:00:00Z" } }, true],
  ["a time that is over", { DateLessThan: { "aws:CurrentTime": "2020-01-01T00:00:00Z" } }, false],
  ["a time in seconds", { DateGreaterThanEquals: { "aws:CurrentTime": "1577836800" } }, true],
  ["the seconds as a date", { DateGreaterThan: { "aws:EpochTime": "2020-01-01T00:00:00Z" } }, true],
  ["the seconds as seconds", { DateLessThanEquals: { "aws:EpochTime": "1577836800" } }, false],
  ["any other time", { DateNotEquals: { "aws:EpochTime": "1577836800" } }, true],
  ["a service as the caller", { Bool: { "aws:PrincipalIsAWSService": "true" } }, false],
])("knows the global condition key of a request: %s", async (_what, Condition, isAllowed) => {
  const access = createAccess(openStore(":memory:"));
  const inlinePolicies = { all: { Version: "2012-10-17", Statement: [{ ...anyTask, Condition }] } };
  access.putRole({ name: "worker", arn: roleArn, trustedServices: [], inlinePolicies, managedPolicyArns: [] });
  const cloud = { region: "eu-central-1", accountId: "123456789012", clock: systemClock() };
  const request = { action: "ecs:RunTask", resources: ["*"] };
  const ask = async () => authorize({ access, cloud }, rolePrincipal(roleArn, "test"), request);
  const refused = expect.objectContaining({ name: "AccessDeniedException" });
  expect(await ask().catch((error: unknown) => error)).toEqual(isAllowed ? undefined : refused);
});

it("refuses a condition on a date that is none", () => {
  const Condition = { DateGreaterThan: { "aws:CurrentTime": "tomorrow" } };
  const inlinePolicies = { all: { Statement: [{ ...anyTask, Effect: "Deny", Condition }] } };
  const role = { name: "worker", arn: roleArn, trustedServices: [], inlinePolicies, managedPolicyArns: [] };
  expect(() => createAccess(openStore(":memory:")).putRole(role)).toThrow('"tomorrow" is no date');
});

it("knows who may assume a role", () => {
  expect(trustedServices(trust)).toEqual([{ service: "lambda.amazonaws.com", conditions: {} }]);
  const conditional = { Statement: [{ ...trust.Statement[0], Condition: { StringEquals: { a: "b" } } }] };
  expect(() => trustedServices(conditional)).toThrow(/Condition/);
});

it("lets a service take on a role only for the source that the trust policy names", () => {
  const ofMachines = {
    StringEquals: { "aws:SourceAccount": "123456789012" },
    ArnLike: { "aws:SourceArn": "arn:aws:states:eu-central-1:123456789012:stateMachine:*" },
  };
  const access = createAccess(openStore(":memory:"));
  const service = "states.amazonaws.com";
  const roleArn = "arn:aws:iam::123456789012:role/machine";
  const trustedServices = [{ service, conditions: ofMachines }];
  access.putRole({ name: "machine", arn: roleArn, trustedServices, inlinePolicies: {}, managedPolicyArns: [] });
  const trusts = (account: string) =>
    access.trusts(roleArn, service, `arn:aws:states:eu-central-1:${account}:stateMachine:deploy`);
  expect(trusts("123456789012")).toBe(true);
  expect(trusts("210987654321")).toBe(false);
  expect(access.trusts(roleArn, service)).toBe(false);
});
