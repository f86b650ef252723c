// Duration of a snapshot of a database under writes, compared with a plain copy of its files.
import {
  CreateDBSnapshotCommand,
  DescribeDBInstancesCommand,
  DescribeDBSnapshotsCommand,
  RDSClient,
} from "@aws-sdk/client-rds";
import { globSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { Client } from "pg";
import { startStage, type Stage } from "#test/support/stage.ts";
import { timed } from "./commands.ts";
import { median, rounded, spread } from "./numbers.ts";

const runs = 3;
const instance = "storefront-production";
const rows = 750_000; // about one kilobyte each

export async function benchSnapshot(): Promise<void> {
  const stage = await startStage({ speed: 1000 });
  try {
    const url = await stage.databaseUrl();
    const size = await fill(url);
    const writer = await startWriter(url);
    const [copies, snapshots]: [number[], number[]] = [[], []];
    for (let run = 1; run <= runs; run += 1) {
      copies.push(await copyFiles(stage));
      writer.count(true);
      snapshots.push(await takeSnapshot(stage, `bench-${run}`));
      writer.count(false);
    }
    const { written, failures, longest } = await writer.stop();
    console.log(`A database of ${size} MB under continuous writes, ${runs} alternating runs, seconds: median (range)`);
    console.table({
      "CreateDBSnapshot until available": spread(snapshots),
      "plain copy (cp, sync)": spread(copies),
      ratio: rounded(median(snapshots) / median(copies)),
      "writes during snapshots": written,
      "failed writes": failures,
      "longest write ms": Math.round(longest),
    });
  } finally {
    await stage.remove();
  }
}

async function connect(databaseUrl: string): Promise<Client> {
  const url = new URL(databaseUrl);
  const ca = readFileSync(url.searchParams.get("sslrootcert") ?? "", "utf8");
  url.search = "";
  const client = new Client({ connectionString: url.href, ssl: { ca } });
  await client.connect();
  return client;
}

/** Fills the database and returns its size in MB. */
async function fill(databaseUrl: string): Promise<number> {
  const client = await connect(databaseUrl);
  await client.query(
    `CREATE TABLE filler AS SELECT i, repeat(md5(i::text), 30) AS text FROM generate_series(1, ${rows}) AS i`,
  );
  await client.query("CREATE TABLE written (at timestamptz DEFAULT now())");
  const answer = await client.query<{ size: string }>("SELECT pg_database_size(current_database()) AS size");
  await client.end();
  return Math.round(Number(answer.rows[0]?.size) / 1e6);
}

async function startWriter(databaseUrl: string) {
  const client = await connect(databaseUrl);
  client.on("error", () => undefined); // the next write fails and is counted
  const result = { written: 0, failures: 0, longest: 0 };
  let counts = false;
  const stopping = new AbortController();
  const write = async () => {
    const begun = performance.now();
    const ok = await client.query("INSERT INTO written DEFAULT VALUES").then(
      () => true,
      () => false,
    );
    if (!counts) return;
    result.longest = Math.max(result.longest, performance.now() - begun);
    if (ok) result.written += 1;
    else result.failures += 1;
  };
  const writing = (async () => {
    while (!stopping.signal.aborted) {
      await write();
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  })();
  return {
    count: (on: boolean) => void (counts = on),
    async stop() {
      stopping.abort();
      await writing;
      await client.end();
      return result;
    },
  };
}

/** A plain copy, flushed to disk like a snapshot. It is not usable, because the server writes during the copy. */
async function copyFiles(stage: Stage): Promise<number> {
  const [versionFile = ""] = globSync("rds/instances/**/PG_VERSION", { cwd: stage.directory }).toSorted(
    (a, b) => a.length - b.length,
  );
  const target = mkdtempSync(path.join(tmpdir(), "lockstep-copy-"));
  const options = { cwd: path.join(stage.directory, path.dirname(versionFile)) };
  try {
    return (
      (await timed(["cp", "--recursive", ".", target], options)) +
      (await timed(["sync", "--file-system", target], options))
    );
  } finally {
    rmSync(target, { recursive: true, force: true });
  }
}

async function takeSnapshot(stage: Stage, name: string): Promise<number> {
  const client = await stage.client(RDSClient);
  await waitFor(async () => {
    const { DBInstances = [] } = await client.send(new DescribeDBInstancesCommand({ DBInstanceIdentifier: instance }));
    return DBInstances[0]?.DBInstanceStatus;
  });
  const begun = performance.now();
  const snapshot = { DBSnapshotIdentifier: name };
  await client.send(new CreateDBSnapshotCommand({ DBInstanceIdentifier: instance, ...snapshot }));
  await waitFor(async () => {
    const { DBSnapshots = [] } = await client.send(new DescribeDBSnapshotsCommand(snapshot));
    return DBSnapshots[0]?.Status;
  });
  return (performance.now() - begun) / 1000;
}

async function waitFor(status: () => Promise<string | undefined>): Promise<void> {
  for (const deadline = Date.now() + 120_000; Date.now() < deadline; ) {
    if ((await status()) === "available") return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error("Not available within two minutes");
}
