import { DescribeTaskDefinitionCommand, ECSClient, ListTaskDefinitionsCommand } from "@aws-sdk/client-ecs";
import { GetExecutionHistoryCommand, ListExecutionsCommand, SFNClient } from "@aws-sdk/client-sfn";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { WorkingCopy } from "../support/git.ts";
import { startStage, type Stage } from "../support/stage.ts";

let stage: Stage;
let copy: WorkingCopy;
let good: string;

const healthy = (text: string) => `import { createServer } from "node:http";
const server = createServer((request, response) => {
  response.setHeader("x-release", process.env.RELEASE);
  response.end(${JSON.stringify(text)});
});
server.keepAliveTimeout = 65_000;
server.listen(Number(process.env.PORT), process.env.HOST);
process.on("SIGTERM", () => { server.close(() => process.exit(0)); server.closeIdleConnections(); });
`;

beforeAll(async () => {
  stage = await startStage();
  copy = await stage.clone("tiny-app");
  good = await stage.push(copy, {});
  const first = await stage.ended(good);
  expect(first.status, first.cause).toBe("SUCCEEDED");
}, 240_000);

afterAll(async () => {
  await stage?.remove();
  copy?.remove();
}, 60_000);

const manifest = (scripts: Record<string, string>) => ({
  "package.json": JSON.stringify({
    name: "tiny-app",
    version: "1.0.0",
    private: true,
    type: "module",
    scripts: { build: "mkdir -p dist && cp src/server.js dist/server.js", ...scripts },
  }),
});

const whole = {
  ...manifest({}),
  "src/server.js": healthy("whole again"),
  ".env.example": "SESSION_SECRET=a-long-random-text\n",
};

async function failedStep(executionArn: string): Promise<string | undefined> {
  const sfn = await stage.client(SFNClient);
  const { events = [] } = await sfn.send(new GetExecutionHistoryCommand({ executionArn, maxResults: 1000 }));
  return events.findLast(({ type }) => type === "TaskStateEntered")?.stateEnteredEventDetails?.name;
}

async function releasesRegistered(): Promise<number> {
  const ecs = await stage.client(ECSClient);
  const { taskDefinitionArns = [] } = await ecs.send(
    new ListTaskDefinitionsCommand({ familyPrefix: "storefront-production", status: "ACTIVE" }),
  );
  const families = await Promise.all(
    taskDefinitionArns.map((taskDefinition) => ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition }))),
  );
  return families.filter(({ taskDefinition }) => taskDefinition?.family === "storefront-production").length;
}

interface Failure {
  files: Record<string, string>;
  step: string;
  error: string;
  /** What a person must find in the cause. */
  tells: (string | RegExp)[];
}

const failures: Record<string, Failure> = {
  "a commit that does not build": {
    files: manifest({ build: "echo compiling the shop; echo 'src/server.js: unexpected token' >&2; exit 3" }),
    step: "Build",
    error: "BuildFailed",
    tells: ["npm run build", "src/server.js: unexpected token", "/aws/codebuild/storefront-production"],
  },
  "tests that fail": {
    files: manifest({ test: "echo 'price.test: expected 3 to be 4'; exit 1" }),
    step: "Build",
    error: "BuildFailed",
    tells: ["npm test", "price.test: expected 3 to be 4"],
  },
  "a missing variable that .env.example names": {
    files: { ".env.example": "SESSION_SECRET=x\nPAYMENT_KEY=pk_test\n" },
    step: "Plan",
    error: "ConfigMissing",
    tells: ["PAYMENT_KEY", "storefront-production/app"],
  },
  "an app that crashes at start": {
    files: { "src/server.js": "console.log('opening the shop'); throw new Error('the till is missing');\n" },
    step: "Shift traffic",
    error: "ShiftFailed",
    tells: ["the till is missing", "/ecs/storefront-production"],
  },
  "an app that answers 500 on its health path": {
    files: {
      "src/server.js": healthy("broken").replace("response.end(", "response.statusCode = 500; response.end("),
    },
    step: "Shift traffic",
    error: "ShiftFailed",
    tells: ["failed ELB health checks"],
  },
};

describe("what goes wrong", () => {
  it.each(Object.entries(failures))(
    "%s fails at its own step, and the old release goes on serving",
    async (_what, failure) => {
      const before = await releasesRegistered();
      const { url } = await stage.status();
      const end = await stage.ended(await stage.push(copy, { ...whole, ...failure.files }));
      expect({ status: end.status, error: end.error }, end.cause).toEqual({ status: "FAILED", error: failure.error });
      expect(await failedStep(end.executionArn)).toBe(failure.step);
      for (const words of failure.tells) expect(end.cause).toMatch(words);
      expect((await fetch(url)).headers.get("x-release")).toBe(good);
      expect((await releasesRegistered()) - before).toBe(failure.step === "Shift traffic" ? 1 : 0);
    },
    180_000,
  );

  it("deploys the next good push all the same", async () => {
    const commit = await stage.push(copy, whole);
    const end = await stage.ended(commit);
    expect(end.status, end.cause).toBe("SUCCEEDED");
    const { url, live } = await stage.status();
    expect(live?.commit).toBe(commit);
    expect(await (await fetch(url)).text()).toBe("whole again");
  }, 180_000);
});

describe("pushes that no stage follows", () => {
  it("are ignored, and said so: another branch, a tag, a deleted branch", async () => {
    const count = async () => {
      const sfn = await stage.client(SFNClient);
      const stateMachineArn = "arn:aws:states:eu-central-1:123456789012:stateMachine:storefront-production-deploy";
      return (await sfn.send(new ListExecutionsCommand({ stateMachineArn }))).executions?.length;
    };
    const before = await count();
    await copy.git("push", "--quiet", "origin", "HEAD:refs/heads/feature");
    await copy.git("push", "--quiet", "origin", "HEAD:refs/tags/v1");
    await copy.git("push", "--quiet", "origin", ":refs/heads/feature");
    const told = (reference: string) =>
      vi.waitFor(async () => expect((await stage.lockstep("status")).stdout).toContain(reference), {
        timeout: 20_000,
        interval: 200,
      });
    await told("branch feature: refused: This stage follows branch main.");
    expect(await count()).toBe(before);
  }, 60_000);
});
