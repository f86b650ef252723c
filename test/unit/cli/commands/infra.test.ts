import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { ConfigInput } from "../../../../lib/config/index.ts";
import { minimal, synthesizeApp } from "../../../prove/synthesize-app.ts";
import { runLockstep } from "#test/support/command-line.ts";

const app: ConfigInput = { ...minimal, stages: { production: { branch: "main", account: "999999999999" } } };
const withTasks: ConfigInput = {
  ...app,
  stages: { production: { branch: "main", account: "999999999999", tasks: 3 } },
};
const renamed: ConfigInput = {
  ...app,
  stages: { production: { branch: "main", account: "999999999999", database: { name: "other" } } },
};

let directory: string;
/** Stack status by name; a stack that is not here does not exist. */
let status: Record<string, string>;
let lock: Record<string, unknown> | undefined;
let calls: string[];

const server = createServer((request, response) => void answer(request, response));

/** STS, CloudFormation and DynamoDB of an account in which the minimal app is deployed. */
async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await text(request);
  const target = String(request.headers["x-amz-target"] ?? "");
  if (target.startsWith("DynamoDB")) {
    response.setHeader("content-type", "application/x-amz-json-1.0");
    return void response.end(JSON.stringify(lock ? { Item: lock } : {}));
  }
  if (target === "AmazonSSM.GetParameter") {
    response.writeHead(400, { "content-type": "application/x-amz-json-1.1" });
    return void response.end(JSON.stringify({ __type: "ParameterNotFound", message: "not bootstrapped" }));
  }
  const query = new URLSearchParams(body);
  const action = query.get("Action") ?? "";
  const stack = query.get("StackName") ?? "";
  calls.push(action);
  response.setHeader("content-type", "text/xml");
  const result = resultOf(action, stack);
  response.statusCode = result === undefined ? 400 : 200;
  const missing = `<Error><Code>ValidationError</Code><Message>Stack with id ${stack} does not exist</Message></Error>`;
  response.end(
    result === undefined
      ? `<ErrorResponse>${missing}</ErrorResponse>`
      : `<${action}Response><${action}Result>${result}</${action}Result></${action}Response>`,
  );
}

function resultOf(action: string, stack: string): string | undefined {
  if (action === "GetCallerIdentity")
    return "<Arn>arn:aws:iam::999999999999:user/ada</Arn><Account>999999999999</Account>";
  if (status[stack] === undefined) return undefined;
  if (action === "DescribeStacks")
    return `<Stacks><member><StackStatus>${status[stack]}</StackStatus></member></Stacks>`;
  const template = readFileSync(path.join(synthesizeApp(app).directory, `${stack}.template.json`), "utf8");
  return `<TemplateBody>${template.replaceAll("&", "&amp;").replaceAll("<", "&lt;")}</TemplateBody>`;
}

beforeAll(async () => {
  directory = mkdtempSync(path.join(tmpdir(), "lockstep-infra-"));
  const stage = `{ branch: "main", account: "999999999999" }`;
  const config = `export default { name: "shop", app: {}, stages: { production: ${stage} } };\n`;
  writeFileSync(path.join(directory, "lockstep.config.ts"), config);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});

afterAll(async () => {
  rmSync(directory, { recursive: true, force: true });
  await new Promise((resolve) => server.close(resolve));
});

beforeEach(() => {
  calls = [];
  lock = undefined;
  const stacks = ["Shop-Source", "Shop-Production-Data", "Shop-Production-Service", "Shop-Production-Pipeline"];
  status = Object.fromEntries(stacks.map((name) => [name, "UPDATE_COMPLETE"]));
});

function infra(command: string, config: ConfigInput, ...args: readonly string[]) {
  const assembly = path.join(directory, "assembly");
  cpSync(synthesizeApp(config).directory, assembly, { recursive: true });
  const { port } = server.address() as AddressInfo;
  return runLockstep(["infra", command, "--app", assembly, ...args], {
    directory,
    environment: {
      AWS_ENDPOINT_URL: `http://localhost:${port}`,
      AWS_REGION: "eu-west-1",
      AWS_ACCESS_KEY_ID: "AKIAEXAMPLE",
      AWS_SECRET_ACCESS_KEY: "secret",
    },
  });
}

describe("infra diff", { timeout: 30_000 }, () => {
  it("compares the assembly with the deployed stacks", async () => {
    const { exitCode, stdout } = await infra("diff", withTasks);
    expect(stdout).toContain("Stage production in account 999999999999, Region eu-west-1\nShop-Source  no changes\n");
    expect(stdout).toContain("lockstep.runtime.tasks: 1 → 3");
    expect(exitCode).toBe(0);
  });

  it("fails for scripts if a change is refused", async () => {
    const { exitCode, stdout } = await infra("diff", renamed, "--json");
    expect(JSON.parse(stdout)).toMatchObject({
      stage: "production",
      refused: 1,
      stacks: [
        {},
        { stack: "Shop-Production-Data", changes: [{ action: "replace", type: "AWS::RDS::DBInstance" }] },
        {},
        {},
      ],
    });
    expect(exitCode).toBe(1);
  });

  it("takes a stack whose first creation has failed for a new one", async () => {
    status = { ...status, "Shop-Production-Service": "ROLLBACK_COMPLETE" };
    delete status["Shop-Production-Pipeline"];
    const { stdout } = await infra("diff", app);
    expect(stdout).toMatch(
      /Shop-Production-Data {2}no changes\nShop-Production-Service {2}new: .*\nShop-Production-Pipeline {2}new: /,
    );
  });
});

describe("infra deploy", { timeout: 60_000 }, () => {
  it("does nothing if nothing changes", async () => {
    const { exitCode, stdout } = await infra("deploy", app, "--yes");
    expect(stdout).toContain("Shop-Production-Pipeline  no changes");
    expect(exitCode).toBe(0);
  });

  it.each([
    {
      what: "a change that is refused",
      config: renamed,
      words: ["The update of production is refused", "Nothing was changed"],
    },
    {
      what: "a running deployment",
      config: withTasks,
      locked: { pk: { S: "lock" }, sk: { S: "lock" }, holder: { S: "arn:execution" }, deployment: { S: "abcdef12-1" } },
      words: ["The lock of production is held by abcdef12-1", "Run: lockstep status"],
    },
    {
      what: "a stack that is being updated",
      config: withTasks,
      state: { "Shop-Production-Service": "UPDATE_IN_PROGRESS" },
      words: ["Stack Shop-Production-Service is UPDATE_IN_PROGRESS", "then run: lockstep infra deploy"],
    },
  ])("is refused because of $what, before anything changes", async ({ config, locked, state, words }) => {
    lock = locked;
    status = { ...status, ...state };
    const { exitCode, stderr } = await infra("deploy", config, "--yes");
    for (const word of words) expect(stderr).toContain(word);
    expect(exitCode).toBe(1);
    expect(new Set(calls)).toEqual(new Set(["GetCallerIdentity", "DescribeStacks", "GetTemplate"]));
  });

  it("asks first", async () => {
    const { exitCode, stderr } = await infra("deploy", withTasks);
    expect(stderr).toContain("Fix: add --yes.");
    expect(exitCode).toBe(2);
  });

  it("runs the CDK with the same credentials and Region, and fails if the CDK fails", async () => {
    const { exitCode, stderr } = await infra("deploy", withTasks, "--yes");
    expect(stderr).toContain("/cdk-hnb659fds-deploy-role-999999999999-eu-west-1");
    expect(stderr).toContain("SSM parameter /cdk-bootstrap/hnb659fds/version not found");
    expect(stderr).toContain("cdk deploy failed; see its output above");
    expect(calls).toContain("AssumeRole");
    expect(exitCode).toBe(1);
  });
});
