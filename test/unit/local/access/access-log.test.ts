import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, it } from "vitest";
import { createAccess, logDecisions } from "#local/access/index.ts";
import { openStore } from "#local/kernel/index.ts";

const roleArn = "arn:aws:iam::123456789012:role/worker";

it("logs each action that a role uses or is denied once", () => {
  const file = path.join(mkdtempSync(path.join(tmpdir(), "lockstep-access-")), "access.log");
  const access = logDecisions(createAccess(openStore(":memory:")), file);
  const Statement = [{ Effect: "Allow", Action: "ecs:RunTask", Resource: "*" }];
  const inlinePolicies = { tasks: { Statement } };
  access.putRole({ name: "worker", arn: roleArn, trustedServices: [], inlinePolicies, managedPolicyArns: [] });
  for (const action of ["ecs:RunTask", "ecs:StopTask", "ecs:RunTask", "ecs:StopTask"])
    access.decide(roleArn, { action, resource: "task", context: new Map() });
  const lines = readFileSync(file, "utf8").trim().split("\n");
  expect(lines.map((line): unknown => JSON.parse(line))).toEqual([
    { role: "worker", action: "ecs:RunTask", resource: "task", allowed: true },
    { role: "worker", action: "ecs:StopTask", resource: "task", allowed: false },
  ]);
});
