import { stripVTControlCharacters } from "node:util";
import { UsageError } from "../errors.ts";
import { followLogs } from "../follow/logs.ts";
import { findRunningCloud } from "../local/state-directory.ts";
import type { StageOptions } from "../options.ts";
import { pick } from "../stage/choose.ts";
import type { Clients } from "../stage/clients.ts";
import { logSources } from "../stage/log-sources.ts";
import type { LogLine } from "../stage/logs.ts";
import { currentRelease, type DeploymentItem, listDeployments, readDeployment } from "../stage/records.ts";
import { openStage, type Stage } from "../stage/stage.ts";
import { cleanLines, colour } from "../terminal/text.ts";

interface LogsOptions extends StageOptions {
  follow?: boolean;
  deployment?: string;
  since?: number;
}

/** `lockstep logs [source]`: lines of the build, the migration and the app in CloudWatch Logs. */
export async function logs(name: string | undefined, options: LogsOptions): Promise<void> {
  const { clients, stage } = await openStage(options, findRunningCloud());
  const { follow = false, json = false, since } = options;
  let sourceCount = 0;
  const read = async () => {
    const { item, isLive } = await chosen({ clients, stage }, name, options.deployment);
    const sources = logSources(stage, item, name);
    sourceCount = Math.max(sourceCount, sources.length);
    const runs = isLive && sources.some(({ isEndless }) => isEndless);
    return { sources, isOpen: follow && (item.status === "running" || runs) };
  };
  const all: LogLine[] = [];
  for await (const lines of followLogs({ clients, read, since })) {
    if (json && !follow) all.push(...lines);
    else for (const line of lines) console.log(json ? JSON.stringify(valueOf(line)) : format(line, sourceCount > 1));
  }
  if (json && !follow) console.log(JSON.stringify(all.map(valueOf), null, 2));
}

/** The given deployment; else the newest, and of the app the live one. */
async function chosen(
  { clients, stage }: { clients: Clients; stage: Stage },
  name: string | undefined,
  id: string | undefined,
): Promise<{ item: DeploymentItem; isLive: boolean }> {
  const live = await currentRelease(clients, stage);
  const isOfApp = name === "app" && id === undefined && live !== undefined;
  const item = isOfApp
    ? await readDeployment(clients, stage, live.deployment)
    : choose(await listDeployments(clients, stage, id === undefined ? 1 : Number.POSITIVE_INFINITY), id);
  if (!item) throw new UsageError("There are no deployments yet, so there are no logs. Run: lockstep push");
  return { item, isLive: item.deployment === live?.deployment };
}

const choose = (deployments: readonly DeploymentItem[], id: string | undefined) =>
  id === undefined ? deployments[0] : pick(deployments, id, "deployment");

const valueOf = ({ source, at, stream, message }: LogLine) => ({
  at: new Date(at).toISOString(),
  source,
  stream,
  message,
});

/** Without characters that move the cursor or change colours. */
function format({ source, at, stream, message }: LogLine, withSource: boolean): string {
  const time = new Date(at).toTimeString().slice(0, 8);
  const task = source === "app" ? (stream.split("/").at(-1)?.slice(0, 6) ?? "") : "";
  const columns = withSource ? [time, source.padEnd(9), task.padEnd(6)] : [time, task];
  const label = columns.filter((column) => column !== "").join(" ");
  return `${colour("dim", label)}  ${cleanLines(stripVTControlCharacters(message.trimEnd()))}`;
}
