import { fateColours, fateOf, type Surroundings, tellFate } from "../stage/outcomes.ts";
import { openStage } from "../stage/open-stage.ts";
import type { StageOptions } from "../program.ts";
import { currentRelease, type DeploymentItem, listDeployments, listQueue, readLock } from "../stage/records.ts";
import {
  clockTime,
  colour,
  howLong,
  oneLine,
  secondsBetween,
  shortId,
  shorten,
  table,
  terminalWidth,
  titleOf,
} from "../terminal/text.ts";

interface ReleasesOptions extends StageOptions {
  limit: number;
}

/** `lockstep releases`: what was deployed, the newest first, and what became of it. */
export async function releases(options: ReleasesOptions): Promise<void> {
  const { clients, stage } = await openStage(options.stage);
  const [deployments, live, lock, queue] = await Promise.all([
    listDeployments(clients, stage, options.limit),
    currentRelease(clients, stage),
    readLock(clients, stage),
    listQueue(clients, stage),
  ]);
  const around = { live: live?.deployment, lock, queue };
  if (options.json) {
    console.log(
      JSON.stringify(
        deployments.map((item) => told(item, around)),
        null,
        2,
      ),
    );
    return;
  }
  if (deployments.length === 0) console.log(`Nothing was deployed to ${stage.name} yet.`);
  else console.log(asTable(deployments, around));
}

function told(item: DeploymentItem, around: Surroundings) {
  const { deployment, commit, branch = null, message, author = null, requestedBy = null, createdAt, failure } = item;
  return {
    deployment,
    commit,
    branch,
    title: titleOf(message) || null,
    author,
    requestedBy,
    startedAt: createdAt,
    seconds: item.endedAt === undefined ? null : secondsBetween(createdAt, item.endedAt),
    outcome: tellFate(fateOf(item, around)),
    live: deployment === around.live,
    failure: failure ?? null,
  };
}

const headings = ["", "Deployment", "Started", "Took", "Outcome", "Author", "Commit"];

function asTable(deployments: readonly DeploymentItem[], around: Surroundings): string {
  const entries = deployments.map((item) => ({ item, fate: fateOf(item, around) }));
  const rows = entries.map(({ item, fate }) => rowOf(item, fate, around));
  const [heading = "", ...lines] = table(headings, rows, terminalWidth()).split("\n");
  const coloured = lines.map((line, index) => {
    const fate = entries[index]?.fate;
    return fate ? line.replace(tellFate(fate), (words) => colour(fateColours[fate.kind], words)) : line;
  });
  return [colour("bold", heading), ...coloured].join("\n");
}

function rowOf(item: DeploymentItem, fate: ReturnType<typeof fateOf>, { live }: Surroundings): string[] {
  const { deployment, createdAt, endedAt, author, requestedBy, message } = item;
  return [
    deployment === live ? "live" : "",
    shortId(deployment),
    clockTime(createdAt),
    endedAt === undefined ? "" : howLong(secondsBetween(createdAt, endedAt)),
    tellFate(fate),
    shorten(oneLine(author ?? requestedBy?.split("/").at(-1) ?? ""), 20),
    titleOf(message),
  ];
}
