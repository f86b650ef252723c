import { CloudWatchClient, DescribeAlarmHistoryCommand } from "@aws-sdk/client-cloudwatch";
import { CodeDeployClient, GetDeploymentCommand, ListDeploymentsCommand } from "@aws-sdk/client-codedeploy";
import { request } from "node:http";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { WorkingCopy } from "../support/git.ts";
import { startStage, type Stage } from "../support/stage.ts";

let stage: Stage;
let copy: WorkingCopy;
let good: string;
const hasEnded = new AbortController();

/** Answers its health path, and everything else with the status. */
const answering = (status: number) => `import { createServer } from "node:http";
const server = createServer((request, response) => {
  response.setHeader("x-release", process.env.RELEASE);
  response.statusCode = request.url === "/health" ? 200 : ${status};
  response.end();
});
server.keepAliveTimeout = 65_000;
server.listen(Number(process.env.PORT), process.env.HOST);
process.on("SIGTERM", () => { server.close(() => process.exit(0)); server.closeIdleConnections(); });
`;

beforeAll(async () => {
  stage = await startStage({ speed: 60 });
  copy = await stage.clone("tiny-app");
  good = await stage.push(copy, { "src/server.js": answering(200) });
  const first = await stage.ended(good);
  expect(first.status, first.cause).toBe("SUCCEEDED");
}, 300_000);

afterAll(async () => {
  hasEnded.abort();
  await stage?.remove();
  copy?.remove();
}, 60_000);

/** When alarms went to ALARM, the first first. */
async function alarmsRaised(): Promise<{ name: string; at: number }[]> {
  const cloudWatch = await stage.client(CloudWatchClient);
  const { AlarmHistoryItems = [] } = await cloudWatch.send(
    new DescribeAlarmHistoryCommand({ HistoryItemType: "StateUpdate", ScanBy: "TimestampAscending" }),
  );
  return AlarmHistoryItems.filter(({ HistorySummary }) => HistorySummary?.endsWith("to ALARM")).map(
    ({ AlarmName = "", Timestamp }) => ({ name: AlarmName, at: Timestamp?.getTime() ?? 0 }),
  );
}

interface Visits {
  statuses: Map<number, number>;
  firstErrorAt: number | undefined;
}

/** Visitors who come again and again until they are stopped: about 200 requests a second. */
function startVisits(url: string): () => Promise<Visits> {
  const visits: Visits = { statuses: new Map(), firstErrorAt: undefined };
  const visitor = async () => {
    while (!hasEnded.signal.aborted) {
      const status = await visit(url);
      if (status >= 500) visits.firstErrorAt ??= Date.now();
      visits.statuses.set(status, (visits.statuses.get(status) ?? 0) + 1);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  };
  const visitors = Array.from({ length: 25 }, visitor);
  return async () => {
    hasEnded.abort();
    await Promise.all(visitors);
    return visits;
  };
}

const visit = (url: string) =>
  new Promise<number>((resolve, reject) => {
    request(`${url}/`, (response) => {
      response.resume();
      response.once("end", () => resolve(response.statusCode ?? 0));
    })
      .once("error", reject)
      .end();
  });

it("takes back a release that answers visitors with 500 while its health path is well", async () => {
  expect(await alarmsRaised(), "a good release raises no alarm").toEqual([]);
  const { url } = await stage.status();
  const stop = startVisits(url);
  const commit = await stage.push(copy, { "src/server.js": answering(500) });
  const end = await stage.ended(commit);
  const { statuses, firstErrorAt = 0 } = await stop();
  expect({ status: end.status, error: end.error }, end.cause).toEqual({ status: "FAILED", error: "AlarmRaised" });
  expect(end.cause).toMatch(/storefront-production-errors-(blue|green)/);

  const [raised] = await alarmsRaised();
  expect(raised?.name).toMatch(/^storefront-production-errors-(blue|green)$/);
  expect((raised?.at ?? 0) - firstErrorAt).toBeLessThan(10_000);

  const codeDeploy = await stage.client(CodeDeployClient);
  const names = { applicationName: "storefront-production", deploymentGroupName: "storefront-production" };
  const { deployments = [] } = await codeDeploy.send(
    new ListDeploymentsCommand({ ...names, includeOnlyStatuses: ["Stopped"] }),
  );
  expect(deployments).toHaveLength(1);
  const { deploymentInfo } = await codeDeploy.send(new GetDeploymentCommand({ deploymentId: deployments[0] }));
  expect(deploymentInfo?.errorInformation?.code).toBe("ALARM_ACTIVE");
  expect(deploymentInfo?.rollbackInfo?.rollbackDeploymentId).toBeDefined();

  expect((await fetch(url)).headers.get("x-release")).toBe(good);
  expect((await fetch(url)).status).toBe(200);
  expect(statuses.get(200)).toBeGreaterThan(statuses.get(500) ?? 0);
}, 300_000);
