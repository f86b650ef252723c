// node bench/index.ts [push|today|proxy|snapshot …]; all of them without an argument. docs/performance.md tells what they mean.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import path from "node:path";
import { synthesize } from "../cli/local/synthesize.ts";
import { benchPush } from "./push.ts";
import { benchSnapshot } from "./snapshot.ts";
import { benchToday } from "./today.ts";

const parts: Readonly<Record<string, () => Promise<void>>> = {
  push: benchPush,
  today: benchToday,
  proxy: benchProxy,
  snapshot: benchSnapshot,
};

const wanted = process.argv.slice(2);
const unknown = wanted.find((name) => !(name in parts));
if (unknown !== undefined) {
  console.error(`There is no benchmark "${unknown}"; there are: ${Object.keys(parts).join(", ")}.`);
  process.exit(2);
}

process.chdir(path.resolve(import.meta.dirname, ".."));
if (!existsSync("cdk.out/manifest.json")) await synthesize();
for (const [name, run] of Object.entries(parts)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  console.log(`\n── ${name}`);
  await run();
}
process.exit(0); // connections that are kept alive would hold the process for a while

/** A process of its own: its target and its proxies are that file again. */
async function benchProxy(): Promise<void> {
  const child = spawn(process.execPath, ["bench/proxy.ts"], { stdio: "inherit" });
  const [status] = (await once(child, "close")) as [number | null];
  if (status !== 0) throw new Error(`bench/proxy.ts ended with ${status}`);
}
