import { cpus } from "node:os";
import type { Burst } from "./bursts.ts";
import type { Finding } from "./judge.ts";

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
    [one.note, ...(problems.length > 0 ? [`**not as it should be**: ${problems.join("; ").split("\n")[0]}`] : [])]
      .filter(Boolean)
      .join(". "),
  ];
  return `| ${cells.join(" | ")} |`;
}

/** docs/failure-modes.md */
export function page(findings: readonly Finding[], pushed: readonly Burst[]): string {
  const date = new Date().toISOString().slice(0, 10);
  const good = findings.filter(({ problems }) => problems.length === 0).length;
  return `# What goes wrong, and what happens then

Written by \`npm run matrix\` on ${date} from what it made happen and saw from outside, on a machine with ${cpus().length} cores: ${good} of
${findings.length} cases were as they should be. One stage after another case, a small app with a database, ten visitors that read
and write all the time. Time ran 60 times faster: configured waits (canary, bake, alarm periods) shrink, the pipeline's own work does not.

- *back after*: from the trouble (the probe's beginning, the alarm, the abort) until the last answer that a user got from the bad release.
- *failed*: requests that nobody answered, or that were answered with an error by another release than the bad one.
- *rows lost*: writes that were acknowledged and are not in the database.
- *redrive*: what the console's redrive (or \`lockstep redrive\`) does afterwards.

| what goes wrong | where | what happened | back after | failed | rows lost | redrive | |
|---|---|---|---|---|---|---|---|
${findings.map(row).join("\n")}

## Pushes at once

The newest is always deployed; those that wait give way to it and say to which (\`lock: "supersede"\`).

| pushes | deployed | superseded | seconds until all have a fate |
|---|---|---|---|
${pushed.map(({ pushes, deployed, superseded, seconds, problem }) => `| ${pushes} | ${deployed} | ${superseded}${problem ? ` **${problem}**` : ""} | ${seconds} |`).join("\n")}
`;
}
