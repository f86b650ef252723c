import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";

const program = "/usr/bin/chromium";

/** Debian's Chromium, installed if that is possible. Undefined where it is not: the tests in a browser are then skipped by name. */
export const chromiumProgram = install();

function install(): string | undefined {
  if (existsSync(program)) return program;
  const problem = installPackages();
  if (existsSync(program)) return program;
  console.warn(`The tests in a browser are skipped: ${problem} Fix: install Chromium at ${program}.`);
  return undefined;
}

/** Also run by two tests at the same time: the second waits for the lock of the first. */
function installPackages(): string {
  const isRoot = process.getuid?.() === 0;
  if (!existsSync("/usr/bin/apt-get")) return "This machine has no Chromium, and no apt-get.";
  if (!isRoot && spawnSync("sudo", ["-n", "true"]).status !== 0)
    return "This machine has no Chromium, and installing it requires root.";
  console.warn("Installing Chromium for the tests in a browser (once, about a minute) …");
  const apt = (...args: string[]) => {
    const argv = ["apt-get", "-qq", "-o", "DPkg::Lock::Timeout=300", ...args];
    const [command = "", ...rest] = isRoot ? argv : ["sudo", "-n", ...argv];
    const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
    return spawnSync(command, rest, { env, encoding: "utf8", timeout: 300_000 });
  };
  apt("update");
  const { status, stderr } = apt("install", "--yes", "--no-install-recommends", "chromium", "chromium-sandbox");
  return status === 0 ? "Its package has no /usr/bin/chromium." : `apt-get failed: ${stderr.trim()}.`;
}
