import { cpus } from "node:os";
import type { Burst } from "./bursts.ts";
import { cases } from "./cases/index.ts";
import type { Finding } from "./judge.ts";

const notGood = "**not as it should be**";

export function row({ one, happened, backAfter, requests, failed, ownErrors, rowsLost, problems }: Finding): string {
  const redrive = one.redrive ? (one.redrive.status === "succeeded" ? "deploys it" : "fails alike") : "–";
  const back = backAfter === undefined ? "–" : `${(backAfter / 1000).toFixed(1)} s`;
  const cells = [
    one.what,
    one.where,
    happened,
    back,
    `${failed} of ${requests}${ownErrors > 0 ? ` (and ${ownErrors} errors of the bad release)` : ""}`,
    rowsLost,
    redrive,
    [one.note, ...(problems.length > 0 ? [`${notGood}: ${problems.join("; ").split("\n")[0]}`] : [])]
      .filter(Boolean)
      .join(". "),
  ];
  return `| ${cells.join(" | ")} |`;
}

function burstRow({ pushes, deployed, superseded, seconds, problem }: Burst): string {
  return `| ${pushes} | ${deployed} | ${superseded}${problem ? ` **${problem}**` : ""} | ${seconds} |`;
}

/**
 * docs/failure-modes.md with what was found now; cases that were not run this time keep the rows they had in the page before.
 */
export function page(findings: readonly Finding[], pushed: readonly Burst[], before: string): string {
  const date = new Date().toISOString().slice(0, 10);
  const old = before.split("\n");
  const rows = cases.flatMap((one) => {
    const found = findings.find((finding) => finding.one === one);
    return found ? [row(found)] : old.filter((line) => line.startsWith(`| ${one.what} | ${one.where} |`));
  });
  const pushes = pushed.length > 0 ? pushed.map(burstRow) : old.filter((line) => /^\| \d+ \|/.test(line));
  const good = rows.filter((line) => !line.includes(notGood)).length;
  return `# What goes wrong, and what happens then

Last written by \`npm run matrix\` on ${date} from what it made happen and saw from outside, on a machine with ${cpus().length} cores: ${good} of
${rows.length} cases were as they should be. One stage after another case, a small app with a database, ten visitors that read
and write all the time. Time ran 60 times faster: configured waits (canary, bake, alarm periods) shrink, the pipeline's own work does not.
Each row is of the last run of its case.

- *back after*: from the trouble (the probe's beginning, the alarm, the abort) until the last answer that a user got from the bad release.
- *failed*: requests that nobody answered, or that were answered with an error by another release than the bad one.
- *rows lost*: writes that were acknowledged and are not in the database.
- *redrive*: what the console's redrive (or \`lockstep redrive\`) does afterwards.

| what goes wrong | where | what happened | back after | failed | rows lost | redrive | |
|---|---|---|---|---|---|---|---|
${rows.join("\n")}

## Pushes at once

The newest is always deployed; those that wait give way to it and say to which (\`lock: "supersede"\`).

| pushes | deployed | superseded | seconds until all have a fate |
|---|---|---|---|
${pushes.join("\n")}
`;
}
