import { openStage } from "../stage/open-stage.ts";
import type { StageOptions } from "../program.ts";
import { readStatus, type Status } from "../stage/status.ts";
import { cleanLines, clockTime, colour, shortId, shorten, terminalWidth } from "../terminal/text.ts";

/** `lockstep status`: what is live, what goes on, what became of the last pushes, where everything is. */
export async function status(options: StageOptions): Promise<void> {
  const { clients, stage } = await openStage(options.stage);
  const found = await readStatus(clients, stage);
  if (options.json) {
    console.log(JSON.stringify(found, null, 2));
    return;
  }
  for (const [name, value] of rows(found)) console.log(`${name.padEnd(13)} ${value}`);
  for (const { at, reference, commit, outcome } of found.pushes) {
    const line = `${clockTime(at)}  ${commit?.slice(0, 8) ?? "        "}  ${reference}: ${cleanLines(outcome)}`;
    console.log(shorten(`${"Push".padEnd(13)} ${line}`, terminalWidth()));
  }
}

function rows(found: Status): [string, string][] {
  const { live, deployment, endpoint } = found;
  const at = deployment?.step ? ` at ${deployment.step}` : "";
  return [
    ["Stage", found.stage],
    ["App", found.url],
    ["Live", live ? `${live.commit.slice(0, 8)} since ${clockTime(live.deployedAt)}` : "nothing yet"],
    ["Deployment", deployment ? `${deployment.id} ${deployment.status}${at}` : "none yet"],
    ...goingOn(found),
    ["Git remote", found.gitUrl],
    ...(endpoint ? [["AWS endpoint", endpoint] satisfies [string, string]] : []),
  ];
}

function goingOn({ queue, approval, rollback, frozen }: Status): [string, string][] {
  const found: [string, string][] = queue.map(({ deployment, behind }) => [
    "Waiting",
    `${shortId(deployment)} behind ${shortId(behind)}`,
  ]);
  if (approval) {
    const { deployment, until } = approval;
    found.push([
      "Approval",
      `${shortId(deployment)} waits until ${clockTime(until)}: lockstep approve, or lockstep reject`,
    ]);
  }
  if (rollback) {
    const { from, to, startedAt } = rollback;
    found.push(["Rollback", `from ${told(from)} to ${told(to)} since ${clockTime(startedAt)}`]);
  }
  if (frozen) {
    found.push(["Frozen", `since ${clockTime(frozen.since)} by ${frozen.holder}: ${cleanLines(frozen.reason)}`]);
    found.push(["", "Look at what is live, then: lockstep redrive <rollback>, or lockstep unlock"]);
  }
  return found.map(([name, value]) => [name, colour("yellow", value)]);
}

function told(deployment: string | null): string {
  return deployment === null ? "nothing" : shortId(deployment);
}
