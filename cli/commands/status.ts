import { describeStorageProblem, describeUnexpectedExit, findRunningCloud } from "../local/state-directory.ts";
import type { StageOptions } from "../options.ts";
import { describeReadiness } from "../stage/readiness.ts";
import { openStage } from "../stage/stage.ts";
import { readStatus, type Status } from "../stage/status.ts";
import { cleanLines, clockTime, colour, shortId, shorten, terminalWidth } from "../terminal/text.ts";

interface StatusOptions extends StageOptions {
  showSecrets?: boolean;
}

/** `lockstep status`: the live release, work in progress, the outcome of the last pushes, addresses. */
export async function status(options: StatusOptions): Promise<void> {
  const problem = describeUnexpectedExit() ?? describeStorageProblem();
  if (problem !== undefined) console.error(problem);
  const { clients, stage } = await openStage(options, findRunningCloud());
  const current = await readStatus(clients, stage, options.showSecrets ?? false).catch((cause: unknown) => {
    throw problem === undefined ? cause : new Error("The control plane does not respond.", { cause });
  });
  if (options.json) {
    console.log(JSON.stringify(current, null, 2));
    return;
  }
  for (const [name, value] of rows(current)) console.log(`${name.padEnd(13)} ${value}`);
  for (const { at, reference, commit, outcome } of current.pushes) {
    const line = `${clockTime(at)}  ${commit?.slice(0, 8) ?? "        "}  ${reference}: ${cleanLines(outcome)}`;
    console.log(shorten(`${"Push".padEnd(13)} ${line}`, terminalWidth()));
  }
}

function rows(current: Status): [string, string][] {
  const { live, deployment, databaseUrl, endpoint } = current;
  const at = deployment?.step ? ` at ${deployment.step}` : "";
  return [
    ["Stage", current.stage],
    ["App", current.url],
    ["Live", live ? `${live.commit.slice(0, 8)} since ${clockTime(live.deployedAt)}` : "no release yet"],
    ["Deployment", deployment ? `${deployment.id} ${deployment.status}${at}` : "none yet"],
    ...(deployment?.waitsFor ? [["", cleanLines(deployment.waitsFor)] satisfies [string, string]] : []),
    ...(deployment?.failure ? failed(deployment.id, deployment.failure) : []),
    ...(deployment?.notes ?? []).map((note): [string, string] => ["Warning", colour("yellow", cleanLines(note))]),
    ...inProgress(current),
    ...readinessRows(current.readiness),
    ["Git remote", current.gitUrl],
    ["Database", databaseUrl ?? "being replaced by a restore"],
    ...(endpoint ? [["AWS endpoint", endpoint] satisfies [string, string]] : []),
  ];
}

function readinessRows(readiness: Status["readiness"]): [string, string][] {
  if (!readiness) return [];
  const format =
    readiness.state === "ready" || !readiness.to ? (text: string) => text : (text: string) => colour("yellow", text);
  const problems = readiness.to ? readiness.checks.filter(({ result }) => result !== "ok") : [];
  return [
    ["Readiness", format(describeReadiness(readiness))],
    ...problems.map(({ name, detail }): [string, string] => ["", format(cleanLines(`${name}: ${detail}`))]),
  ];
}

function failed(id: string, cause: string): [string, string][] {
  return [
    ["Failed", colour("red", cleanLines(cause))],
    ["", `For the rest, and what it changes, run: lockstep releases ${shortId(id)}`],
  ];
}

function inProgress({ queue, approval, rollback, rolledBack, frozen }: Status): [string, string][] {
  const lines: [string, string][] = queue.map(({ deployment, behind }, place) => [
    "Waiting",
    `${shortId(deployment)} ${frozen && place === 0 ? "until the stage is unlocked" : `behind ${shortId(behind)}`}`,
  ]);
  if (approval) {
    const { deployment, until } = approval;
    lines.push([
      "Approval",
      `${shortId(deployment)} is waiting until ${clockTime(until)}. Run: lockstep approve, or lockstep reject`,
    ]);
  }
  if (rollback) {
    const { from, to, startedAt, step, stepStartedAt, waitsFor, next } = rollback;
    lines.push(["Rollback", `from ${idOrNothing(from)} to ${idOrNothing(to)} since ${clockTime(startedAt)}`]);
    const since = stepStartedAt === null ? "" : ` since ${clockTime(stepStartedAt)}`;
    lines.push(["", `${step ?? "starting"}${since}${waitsFor === null ? "" : `: ${cleanLines(waitsFor)}`}`]);
    lines.push(["", `${next === null ? "" : `Next: ${next}. `}To stop it, run: lockstep abort`]);
  }
  if (rolledBack) lines.push(["Rolled back", `${shortId(rolledBack.deployment)}: ${cleanLines(rolledBack.reason)}`]);
  if (frozen) {
    lines.push(["Frozen", `since ${clockTime(frozen.since)} by ${frozen.holder}: ${cleanLines(frozen.reason)}`]);
    lines.push(["", "Check what is live, then run: lockstep redrive, or lockstep unlock"]);
  }
  return lines.map(([name, value]) => [name, colour("yellow", value)]);
}

function idOrNothing(deployment: string | null): string {
  return deployment === null ? "nothing" : shortId(deployment);
}
