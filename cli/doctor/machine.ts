import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { statfs } from "node:fs/promises";
import { createServer } from "node:net";
import path from "node:path";
import { blocked, type Finding, ok, warning } from "./finding.ts";

/** What every command needs. */
export function checkPrograms(): Finding[] {
  return [ok("Node.js", process.versions.node), versionOf("git", "Fix: install git.")];
}

/** What the local cloud needs of this machine. */
export async function checkLocalCloud(directory: string, port: number): Promise<Finding[]> {
  const platform = `${process.platform}-${process.arch}`;
  const isSupported = ["linux-x64", "linux-arm64"].includes(platform);
  return [
    isSupported
      ? ok("Platform", platform)
      : blocked("Platform", `The local cloud does not run on ${platform}.`, "Fix: use Linux on x64 or arm64."),
    versionOf("flock", "Fix: install util-linux, which contains it."),
    versionOf("bash", "Fix: install bash."),
    await checkPort(port),
    await checkDisk(directory),
  ];
}

function versionOf(program: string, fix: string): Finding {
  const { error, stdout } = spawnSync(program, ["--version"], { encoding: "utf8" });
  if (error) return blocked(program, `Program ${program} was not found.`, fix);
  return ok(program, stdout.split("\n")[0]?.trim() ?? "");
}

async function checkPort(port: number): Promise<Finding> {
  const server = createServer();
  const isFree = await new Promise<boolean>((resolve) => {
    server.once("error", () => resolve(false)).listen(port, "127.0.0.1", () => resolve(true));
  });
  server.close();
  if (isFree) return ok("Port", `${port} is free`);
  return warning(
    "Port",
    `${port} is in use by another process.`,
    "Run: lockstep up, which chooses a free one, or with --port <port>",
  );
}

const gibibyte = 1024 ** 3;

async function checkDisk(directory: string): Promise<Finding> {
  let existing = directory;
  while (!existsSync(existing)) existing = path.dirname(existing);
  const { bavail, bsize } = await statfs(existing);
  const free = (bavail * bsize) / gibibyte;
  const message = `${free.toFixed(1)} GiB free in ${existing}`;
  const fix = "Fix: free at least 2 GiB, or set LOCKSTEP_STATE to a directory on another disk.";
  if (free < 0.5) return blocked("Disk", `${message}; the local cloud needs 0.5 GiB to start.`, fix);
  return free < 2 ? warning("Disk", `${message}; images and snapshots need more.`, fix) : ok("Disk", message);
}
