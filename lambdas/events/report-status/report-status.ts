import type { ElasticLoadBalancingV2Client } from "@aws-sdk/client-elastic-load-balancing-v2";
import * as z from "zod/mini";
import type { GitHub } from "../../core/github.ts";
import type { Deps } from "../../core/journal.ts";
import { type DeploymentRecord, loadRecord, loadRecords, loadRelease, loadReleases } from "../../core/record.ts";
import { readHealthCheck } from "../../traffic/listener.ts";
import { type environment, reportEvent } from "./contract.ts";
import { describeDeployment, type Report, shortLine } from "./describe.ts";
import { listReported, loadReported, reportedKey } from "./reported.ts";

interface ReportDeps extends Pick<Deps, "table" | "clock" | "log"> {
  readonly github: GitHub;
  readonly loadBalancing: ElasticLoadBalancingV2Client;
  readonly settings: z.infer<typeof environment>;
}

const maxRounds = 5;
const claimMilliseconds = 60_000;

/** Shows deployments on GitHub, as commit status and GitHub deployment. Events are hints: what is reported is read from the records. */
export function reportStatus(deps: ReportDeps) {
  return async (event: unknown): Promise<void> => {
    const { deployment, commit, reason } = z.parse(reportEvent, event).detail ?? {};
    if (commit !== undefined && reason !== undefined)
      return setStatus(deps, commit, { status: "success", description: shortLine(`Not deployed: ${reason}`) });
    for (const each of await unfinished(deps, deployment)) await report(deps, each);
  };
}

/** The named deployment, or all that are running; and those that GitHub shows as live or running although they are not. */
async function unfinished({ table }: ReportDeps, deployment: string | undefined): Promise<Set<string>> {
  const live = (await loadRelease(table))?.deployment;
  const open = (await listReported(table)).filter(({ sk, report }) => {
    const state = report?.split(" ")[0];
    return sk === live || state === undefined || state === "success" || (deployment === undefined && isOpen(state));
  });
  const running = deployment === undefined ? await loadRecords(table) : [];
  const started = running.filter(({ status }) => status === "running").map((record) => record.deployment);
  return new Set([...(deployment === undefined ? [] : [deployment]), ...started, ...open.map(({ sk }) => sk)]);
}

const isOpen = (state: string) => state === "pending" || state === "in_progress";

/** Until nothing has changed since the last report: another function may report the same deployment at the same time. */
async function report(deps: ReportDeps, deployment: string): Promise<void> {
  for (let round = 0; round < maxRounds; round++) {
    const record = await loadRecord(deps.table, deployment);
    if (!record) return;
    const described = describeDeployment(record, await releasesOf(deps));
    const text = `${described.state} ${described.status} ${described.description}`;
    if ((await loadReported(deps.table, deployment))?.report === text) return;
    const id = await deploymentId(deps, record);
    if (id === undefined) return;
    await deps.table.patch(reportedKey(deployment), { report: undefined });
    await send(deps, { record, described, id });
    await deps.table.patch(reportedKey(deployment), { report: text });
  }
}

async function releasesOf({ table }: ReportDeps) {
  const releases = await loadReleases(table);
  const withdrawn = releases.filter(({ withdrawnAt }) => withdrawnAt !== undefined);
  return {
    live: (await loadRelease(table))?.deployment,
    withdrawn: new Set(withdrawn.map(({ deployment }) => deployment)),
  };
}

const created = z.object({ id: z.number() });
const listed = z.array(z.object({ id: z.number(), payload: z.unknown() }));
const ownPayload = z.object({ deployment: z.string() });

/** Created once. Undefined while another function is creating it, which then reports the latest state. */
async function deploymentId(deps: ReportDeps, record: DeploymentRecord): Promise<number | undefined> {
  const { table, clock, github, settings } = deps;
  const { deployment, commit } = record;
  const key = reportedKey(deployment);
  const now = clock.now();
  if (!(await table.put({ ...key, claimedAt: now.toISOString() }, { pk: undefined }))) {
    const reported = await loadReported(table, deployment);
    if (reported?.id !== undefined) return reported.id;
    if (now.getTime() - Date.parse(reported?.claimedAt ?? "") < claimMilliseconds) return undefined;
  }
  const path = `/repos/${settings.REPOSITORY_NAME}/deployments`;
  const query = new URLSearchParams({ sha: commit, environment: settings.STAGE, per_page: "100" });
  const existing = z.parse(listed, (await github.request("GET", `${path}?${query.toString()}`)) ?? []);
  const own = existing.find(({ payload }) => z.safeParse(ownPayload, payload).data?.deployment === deployment);
  const creation = {
    ref: commit,
    environment: settings.STAGE,
    description: `Lockstep ${deployment}`,
    payload: { deployment },
    auto_merge: false,
    required_contexts: [],
    production_environment: settings.STAGE === "production",
  };
  const { id } = own ?? z.parse(created, await github.request("POST", path, creation));
  await table.patch(key, { id });
  return id;
}

interface Sending {
  readonly record: DeploymentRecord;
  readonly described: Report;
  readonly id: number;
}

async function send(deps: ReportDeps, { record, described, id }: Sending): Promise<void> {
  const { github, settings, log } = deps;
  const { state, description } = described;
  log.info("Deployment reported", { deployment: record.deployment, state, description });
  const link = executionUrl(record.execution);
  await setStatus(deps, record.commit, described, link);
  await github.request("POST", `/repos/${settings.REPOSITORY_NAME}/deployments/${id}/statuses`, {
    state,
    description,
    log_url: link,
    environment_url: await environmentUrl(deps),
    auto_inactive: false, // it would not end production deployments
  });
}

// oxlint-disable-next-line max-params -- a link is optional
async function setStatus(
  { github, settings }: ReportDeps,
  commit: string,
  { status, description }: Pick<Report, "status" | "description">,
  link?: string,
): Promise<void> {
  const body = { state: status, description, context: `lockstep/${settings.STAGE}`, ...(link && { target_url: link }) };
  await github.request("POST", `/repos/${settings.REPOSITORY_NAME}/statuses/${commit}`, body);
}

/** The execution in the console of Step Functions: its failed step shows the error and links to the log. */
function executionUrl(execution: string): string {
  const region = execution.split(":")[3] ?? "";
  return `https://${region}.console.aws.amazon.com/states/home?region=${region}#/v2/executions/details/${execution}`;
}

async function environmentUrl({ loadBalancing, settings }: ReportDeps): Promise<string> {
  return (await readHealthCheck(loadBalancing, { ...settings, listener: "production" })).url.origin;
}
