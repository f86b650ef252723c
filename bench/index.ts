// node bench/index.ts [push|today|proxy|snapshot|console …]; without arguments all benchmarks. docs/performance.md explains the results.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import path from "node:path";
import { synthesize } from "../cli/local/synthesize.ts";
import { benchPush } from "./push.ts";
import { benchConsole } from "./console.ts";
import { benchSnapshot } from "./snapshot.ts";
import { benchToday } from "./today.ts";

const benchmarks: Readonly<Record<string, () => Promise<void>>> = {
  push: benchPush,
  today: benchToday,
  proxy: benchProxy,
  snapshot: benchSnapshot,
  console: benchConsole,
};

const names = process.argv.slice(2);
const unknown = names.find((name) => !(name in benchmarks));
if (unknown !== undefined) {
  console.error(`Unknown benchmark "${unknown}". Benchmarks: ${Object.keys(benchmarks).join(", ")}.`);
  process.exit(2);
}

process.chdir(path.resolve(import.meta.dirname, ".."));
if (!existsSync("cdk.out/manifest.json")) await synthesize();
for (const [name, run] of Object.entries(benchmarks)) {
  if (names.length > 0 && !names.includes(name)) continue;
  console.log(`\n── ${name}`);
  await run();
}
process.exit(0); // keep-alive connections would delay the exit

/** Runs in a separate process, which starts the same file for its target and proxies. */
async function benchProxy(): Promise<void> {
  const child = spawn(process.execPath, ["bench/proxy.ts"], { stdio: "inherit" });
  const [status] = (await once(child, "close")) as [number | null];
  if (status !== 0) throw new Error(`bench/proxy.ts exited with ${status}`);
}
