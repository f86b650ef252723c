import { spawn } from "node:child_process";
import { once } from "node:events";
import { bundledPage } from "../../console/bundle.ts";
import { startConsole, Stages } from "../../console/server/index.ts";
import { findRunningCloud } from "../local/state-directory.ts";
import type { AwsOptions } from "../stage/credentials.ts";
import { stageNames } from "../stage/stage.ts";

export interface ConsoleOptions extends AwsOptions {
  /** Shown first. */
  stage?: string;
  port: number;
  open: boolean;
}

/** `lockstep console`: serves a page on loopback that calls AWS with the caller's own credentials, until Ctrl-C. */
export async function openConsole({ stage, port, open, ...access }: ConsoleOptions): Promise<void> {
  const stages = new Stages(await stageNames(), access, findRunningCloud);
  if (stage !== undefined) await stages.get(stage);
  const server = await startConsole({ stages, directory: bundledPage(), port });
  const url = server.openingUrl(stage === undefined ? "/" : `/${stage}`);
  console.log(`Console: ${url}`);
  console.log("The address works once, within 15 minutes. Ctrl-C stops the console, not the stages.");
  if (open) openBrowser(url);
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  await Promise.race(signals.map((signal) => once(process, signal)));
  await server.close();
  process.exit(0);
}

/** The desktop's own opener; the address is printed in any case. */
function openBrowser(url: string): void {
  const opener = process.platform === "darwin" ? "open" : "xdg-open";
  spawn(opener, [url], { stdio: "ignore", detached: true })
    .on("error", () => undefined)
    .unref();
}
