import type { LossWindow } from "../../lambdas/restore/record.ts";

/** What a person has to know before agreeing to a restore. */
export function tellLoss(loss: LossWindow, database: string): string {
  const { deployment, live, migrations } = loss;
  const owner = deployment
    ? `taken by deployment ${deployment.id} (commit ${deployment.commit.slice(0, 8)}, ${deployment.status})`
    : "taken by no deployment that is known";
  const rows: [string, string][] = [
    ["Snapshot", `${loss.snapshot}, ${owner}`],
    ["Lost time", `${duration(loss.seconds)}: everything written since ${loss.takenAt}`],
    ["Lost writes", writes(loss)],
    ...(migrations.length > 0 ? [["Lost schema", schema(migrations, live)] satisfies [string, string]] : []),
    ["Kept", `the database of now, with all its writes, as ${database}-before-<time>; delete it when nobody needs it`],
    [
      "Meanwhile",
      "nobody deploys; while the databases are swapped (on AWS up to some twenty minutes) none answers, then",
    ],
    [
      "",
      "the tasks are replaced one by one. What is written until the swap is in the database that is kept, and only there.",
    ],
  ];
  return rows.map(([name, text]) => `${name.padEnd(12)} ${text}`).join("\n");
}

function writes({ written, unknown = "" }: LossWindow): string {
  if (!written) return `not known. ${unknown}`;
  const transactions = `${written.transactions} writing transactions at most`;
  if (written.rows === undefined) return `${transactions}; how many rows is not known: a crash reset the statistic`;
  return `about ${written.rows} rows inserted, changed or deleted, those by migrations included; ${transactions} (estimates of PostgreSQL)`;
}

function schema(migrations: readonly string[], live: LossWindow["live"]): string {
  const release = live ? `the live release ${live.commit.slice(0, 8)} may need them; ` : "";
  return `${migrations.join(", ")}: ${release}the next push applies what it has`;
}

/** 90061 becomes `1 d 1 h 1 min 1 s`. */
export function duration(seconds: number): string {
  const units: [number, string][] = [
    [86_400, "d"],
    [3_600, "h"],
    [60, "min"],
    [1, "s"],
  ];
  let rest = Math.round(seconds);
  const parts = units.flatMap(([size, unit]) => {
    const count = Math.floor(rest / size);
    rest -= count * size;
    return count > 0 ? [`${count} ${unit}`] : [];
  });
  return parts.join(" ") || "0 s";
}
