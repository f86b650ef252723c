import { readableCause } from "../../lambdas/core/readable-cause.ts";
import { findRunningCloud } from "../local/state-directory.ts";
import type { StageOptions } from "../options.ts";
import { pick } from "../stage/choose.ts";
import type { Clients } from "../stage/clients.ts";
import { describeDifference, readDifference } from "../stage/difference.ts";
import { describeOutcome, describeTitle, outcomeColours, outcomeOf, type StageState } from "../stage/outcomes.ts";
import { currentRelease, type DeploymentItem, listDeployments, listQueue, readLock } from "../stage/records.ts";
import { openStage, type Stage } from "../stage/stage.ts";
import {
  cleanLines,
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

/** `lockstep releases`: the deployments with their outcomes, the newest first, or one of them. */
export async function releases(id: string | undefined, options: ReleasesOptions): Promise<void> {
  const { clients, stage } = await openStage(options, findRunningCloud());
  const [deployments, live, lock, queue] = await Promise.all([
    listDeployments(clients, stage, id === undefined ? options.limit : Number.POSITIVE_INFINITY),
    currentRelease(clients, stage),
    readLock(clients, stage),
    listQueue(clients, stage),
  ]);
  const state = { live: live?.deployment, lock, queue };
  if (id !== undefined) return showOne({ clients, stage, item: pick(deployments, id, "deployment"), state }, options);
  if (options.json) {
    const rows = deployments.map((item) => jsonRow(item, state));
    console.log(JSON.stringify(rows, null, 2));
  } else if (deployments.length === 0) console.log(`Nothing has been deployed to ${stage.name} yet.`);
  else console.log(asTable(deployments, state));
}

interface Shown {
  clients: Clients;
  stage: Stage;
  item: DeploymentItem;
  state: StageState;
}

async function showOne({ clients, stage, item, state }: Shown, { json }: StageOptions): Promise<void> {
  const difference = await readDifference(clients, stage, item);
  if (json) {
    console.log(JSON.stringify({ ...jsonRow(item, state), difference: difference ?? null }, null, 2));
    return;
  }
  const outcome = outcomeOf(item, state);
  const { failure } = item;
  const lines = [
    `${colour("bold", item.deployment)} ${cleanLines(titleOf(item.message))}`.trim(),
    colour(outcomeColours[outcome.kind], describeOutcome(outcome)),
    ...(failure ? [cleanLines(`Failed at ${failure.step}: ${failure.error}\n${readableCause(failure.cause)}`)] : []),
    ...(difference ? describeDifference(difference).map(cleanLines) : []),
  ];
  console.log(lines.join("\n"));
}

function jsonRow(item: DeploymentItem, state: StageState) {
  const { deployment, commit, branch = null, message, author = null, requestedBy = null, createdAt, failure } = item;
  return {
    deployment,
    commit,
    branch,
    title: titleOf(message) || null,
    configOnly: item.configOnly ?? false,
    author,
    requestedBy,
    redrives: item.redrives ?? [],
    startedAt: createdAt,
    seconds: item.endedAt === undefined ? null : secondsBetween(createdAt, item.endedAt),
    outcome: describeOutcome(outcomeOf(item, state)),
    live: deployment === state.live,
    failure: failure ?? null,
  };
}

const headings = ["", "Deployment", "Started", "Took", "Outcome", "Author", "Commit"];

function asTable(deployments: readonly DeploymentItem[], state: StageState): string {
  const entries = deployments.map((item) => ({ item, outcome: outcomeOf(item, state) }));
  const rows = entries.map(({ item, outcome }) => tableRow(item, describeOutcome(outcome), state));
  const [heading = "", ...lines] = table(headings, rows, terminalWidth()).split("\n");
  const coloured = lines.map((line, index) => {
    const outcome = entries[index]?.outcome;
    if (!outcome) return line;
    return line.replace(describeOutcome(outcome), (words) => colour(outcomeColours[outcome.kind], words));
  });
  return [colour("bold", heading), ...coloured].join("\n");
}

function tableRow(item: DeploymentItem, outcome: string, { live }: StageState): string[] {
  const { deployment, createdAt, endedAt, author, requestedBy } = item;
  return [
    deployment === live ? "live" : "",
    shortId(deployment),
    clockTime(createdAt),
    endedAt === undefined ? "" : howLong(secondsBetween(createdAt, endedAt)),
    outcome,
    shorten(oneLine((item.configOnly ? undefined : author) ?? requestedBy?.split("/").at(-1) ?? ""), 20),
    describeTitle(item),
  ];
}
