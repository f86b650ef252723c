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
  filterPattern?: string;
  /** It never ends: only its last lines are of interest. */
  isEndless?: boolean;
}

const functionNames = stepNames.map((name) => name.toLowerCase().replaceAll(" ", "-"));
const ownLogs = ["build", "migration", "app"];
/** The log of the build step is that of CodeBuild. */
export const logNames = [...ownLogs, ...functionNames.filter((name) => name !== "build"), "probe-green"];

/** The logs of a deployment, or the named one. Those that do not exist yet are left out. */
export function logSources(stage: Stage, item: DeploymentItem, name: string | undefined): LogSource[] {
  if (name !== undefined && !logNames.includes(name))
    throw new UsageError(`"${name}" has no log. Fix: give one of ${logNames.join(", ")}`);
  const { build, migration, deployment } = item;
  const start = Date.parse(item.createdAt);
  // A function writes the id of the deployment into each line; its streams are shared by all deployments.
  if (name !== undefined && !ownLogs.includes(name))
    return [{ name, group: `/aws/lambda/${stage.prefix}-${name}`, start, filterPattern: `"${deployment}"` }];
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
