import { spawn } from "node:child_process";
import { once } from "node:events";
import { bundledPage } from "../../console/bundle.ts";
import { type Console, startConsole, Stages } from "../../console/server/index.ts";
import { findRunningCloud } from "../local/state-directory.ts";
import type { AwsOptions } from "../stage/credentials.ts";
import { stageNames } from "../stage/stage.ts";

export interface ConsoleOptions extends AwsOptions {
  /** Shown first. */
  stage?: string;
  port: number;
  open: boolean;
  json?: boolean;
}

/** `lockstep console`: serves a page on loopback that calls AWS with the caller's own credentials, until Ctrl-C. */
export async function openConsole({ stage, port, open, json, ...access }: ConsoleOptions): Promise<void> {
  const stages = new Stages(await stageNames(), access, findRunningCloud);
  if (stage !== undefined) await stages.get(stage);
  const server = await startConsole({ stages, directory: bundledPage(), port });
  const url = server.openingUrl(stage === undefined ? "/" : `/${stage}`);
  if (json) console.log(JSON.stringify({ url }));
  else {
    console.log(`Console: ${url}`);
    console.log("The address works once, within 15 minutes. Ctrl-C stops the console, not the stages.");
  }
  if (open && !json) openBrowser(url);
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  await Promise.race(signals.map((signal) => once(process, signal)));
  await server.close();
  process.exit(0);
}

/** For the local cloud that `up` runs: ends with its process. On a free port, so that those of several apps do not collide. */
export async function serveConsole(): Promise<Pick<Console, "openingUrl">> {
  const stages = new Stages(await stageNames(), {}, findRunningCloud);
  return startConsole({ stages, directory: bundledPage(), port: 0 });
}

/** The desktop's own opener; the address is printed in any case. */
function openBrowser(url: string): void {
  const opener = process.platform === "darwin" ? "open" : "xdg-open";
  spawn(opener, [url], { stdio: "ignore", detached: true })
    .on("error", () => undefined)
    .unref();
}
