import { stepNames } from "../../lambdas/core/record.ts";
import { UsageError } from "../errors.ts";
import type { DeploymentItem } from "./records.ts";
import type { Stage } from "./stage.ts";

/** Where the log of a part of a deployment is in CloudWatch Logs. */
export interface LogSource {
  name: string;
  group: string;
  /** Milliseconds since 1970: it has no earlier line of the deployment. */
  start: number;
  /** Without it, all streams of the group. */
  streams?: { logStreamNames: string[] } | { logStreamNamePrefix: string };
  end?: number;
  /** It never ends: only its last lines are of interest. */
  isEndless?: boolean;
}

export const functionOf = (step: string) => step.toLowerCase().replaceAll(" ", "-");
const functionNames = stepNames.map(functionOf);
const ownLogs = ["build", "migration", "app"];
/** The log of the build step is that of CodeBuild. */
const logNames = [...ownLogs, ...functionNames.filter((name) => name !== "build"), "probe-green"];

/** The logs of a deployment, or the named one. Those that do not exist yet are left out. */
export function logSources(stage: Stage, item: DeploymentItem, name: string | undefined): LogSource[] {
  if (name !== undefined && !logNames.includes(name))
    throw new UsageError(`"${name}" has no log. Fix: give one of ${logNames.join(", ")}`);
  const { build, migration, deployment } = item;
  const start = Date.parse(item.createdAt);
  if (name !== undefined && !ownLogs.includes(name)) return functionLog(stage, item, name);
  const ofTasks = { group: `/ecs/${stage.prefix}`, start };
  const sources: LogSource[] = [];
  if (build) {
    const logStreamNames = [build.id.split(":").at(-1) ?? ""];
    sources.push({ name: "build", group: `/aws/codebuild/${stage.prefix}`, start, streams: { logStreamNames } });
  }
  if (migration)
    sources.push({ name: "migration", ...ofTasks, streams: { logStreamNamePrefix: `migration-${deployment}/` } });
  sources.push({
    name: "app",
    ...ofTasks,
    streams: { logStreamNamePrefix: `release-${deployment}/` },
    isEndless: true,
  });
  return sources.filter((source) => name === undefined || source.name === name);
}

const marginMilliseconds = 5_000;

/** The logs of all functions of the steps, while the deployment ran. */
export function functionLogs(stage: Stage, { createdAt, endedAt }: DeploymentItem): LogSource[] {
  const start = Date.parse(createdAt);
  const end = endedAt === undefined ? undefined : Date.parse(endedAt) + marginMilliseconds;
  return [...functionNames, "probe-green"].map((name) => ({
    name,
    group: `/aws/lambda/${stage.prefix}-${name}`,
    start,
    ...(end !== undefined && { end }),
  }));
}

/** The streams of a function are shared by all deployments; its lines are those of the time in which the step ran. */
function functionLog(stage: Stage, { steps }: DeploymentItem, name: string): LogSource[] {
  const stepName = name === "probe-green" ? "shift-traffic" : name;
  const [, step] = Object.entries(steps).find(([title]) => functionOf(title) === stepName) ?? [];
  if (!step) return [];
  const start = Date.parse(step.startedAt) - marginMilliseconds;
  const end = step.endedAt === undefined ? undefined : Date.parse(step.endedAt) + marginMilliseconds;
  return [{ name, group: `/aws/lambda/${stage.prefix}-${name}`, start, ...(end !== undefined && { end }) }];
}
