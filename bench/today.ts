// Availability during a release: deployed by hand, and by a push.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { freePort } from "#local/kernel/index.ts";
import type { WorkingCopy } from "#test/support/git.ts";
import { startStage, type Stage } from "#test/support/stage.ts";
import { appEnvironment } from "./bare-commands.ts";
import { healthy, timed } from "./commands.ts";
import { change, speed } from "./example-commits.ts";
import { rounded } from "./numbers.ts";
import { startProbe, type ProbeResult } from "./probe.ts";

const rounds = 3;
const pm2Version = "7.0.4";

export async function benchToday(): Promise<void> {
  const stage = await startStage({ speed });
  const copy = await stage.clone("storefront");
  try {
    await deployByPush(stage, copy, "warm-up");
    const host = await startHost(stage, copy);
    const rows: Record<string, object> = {};
    try {
      for (let round = 1; round <= rounds; round += 1) {
        const url = await stage.url();
        rows[`by hand, ${round}`] = row(await probed(host.url, () => host.deploy(`by hand ${round}`)));
        rows[`by push, ${round}`] = row(await probed(url, () => deployByPush(stage, copy, `by push ${round}`)));
      }
    } finally {
      await host.remove();
    }
    console.log(`One new connection every 10 ms during a deployment (by hand: pm2 ${pm2Version} restart)`);
    console.table(rows);
  } finally {
    copy.remove();
    await stage.remove();
  }
}

interface Probed extends ProbeResult {
  seconds: number;
}

async function probed(url: string, deploy: () => Promise<void>): Promise<Probed> {
  const probe = startProbe(url);
  const begun = performance.now();
  await deploy();
  const seconds = (performance.now() - begun) / 1000;
  await new Promise((resolve) => setTimeout(resolve, 1000)); // includes failures right after the deployment
  return { ...(await probe.stop()), seconds };
}

const row = ({ seconds, sent, failed, longestGap, releases }: Probed) => ({
  "deployed in s": rounded(seconds, 1),
  probes: sent,
  failed,
  "longest gap ms": Math.round(longestGap * 1000),
  "releases seen": releases.size,
});

async function deployByPush(stage: Stage, copy: WorkingCopy, headline: string): Promise<void> {
  const commit = await stage.push(copy, change(headline));
  const { status, error, cause } = await stage.ended(commit);
  if (status !== "SUCCEEDED") throw new Error(`The deployment ended with ${status}: ${error} ${cause}`);
}

/** A server without a pipeline: a clone with its dependencies, and pm2 to run the app. */
async function startHost(stage: Stage, copy: WorkingCopy) {
  const gitUrl = await stage.gitUrl();
  const databaseUrl = await stage.databaseUrl();
  const folder = mkdtempSync(path.join(tmpdir(), "lockstep-today-"));
  const cwd = path.join(folder, "app");
  const port = await freePort();
  const env = { ...appEnvironment(databaseUrl, { port, commit: "by-hand" }), PM2_HOME: path.join(folder, "pm2-home") };
  const url = `http://127.0.0.1:${port}`;
  const publish = () => copy.git("push", "--quiet", "--force", "origin", "HEAD:refs/heads/by-hand");
  const tool = (...args: string[]) =>
    timed(["node", path.join(folder, "node_modules/pm2/bin/pm2"), ...args], { cwd, env });
  await publish();
  await timed(["git", "clone", "--quiet", "--branch=by-hand", gitUrl, cwd], { cwd: folder });
  await timed(["npm", "install", "--no-save", "--prefix", folder, `pm2@${pm2Version}`], { cwd: folder });
  await timed(["npm", "install"], { cwd });
  await timed(["npm", "run", "build"], { cwd });
  await tool("start", "dist/server.js", "--name", "storefront");
  await healthy(url);
  return {
    url,
    async deploy(headline: string) {
      await copy.commit(change(headline));
      await publish();
      await timed(["git", "pull", "--quiet"], { cwd });
      await timed(["npm", "install"], { cwd });
      await timed(["npm", "run", "build"], { cwd });
      await tool("restart", "storefront");
      await healthy(url);
    },
    async remove() {
      await tool("kill");
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
