import { lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { processesIn } from "../support/command-line.ts";
import { startStage, type Stage } from "../support/stage.ts";

const postgresGroup = 61_873;
let stage: Stage;

beforeAll(async () => {
  const umask = process.umask(0);
  stage = await startStage({ port: 4571 });
  process.umask(umask);
}, 120_000);

afterAll(() => stage.remove());

it("keeps all state from other users, whatever the umask", () => {
  const entries = ["", ...readdirSync(stage.directory, { recursive: true, encoding: "utf8" })];
  const open = entries.filter((name) => {
    const { mode, gid } = lstatSync(path.join(stage.directory, name));
    // PostgreSQL's group may pass through the directories above its data, without listing them.
    const isPath = (name === "" || name === "rds") && gid === postgresGroup && (mode & 0o077) === 0o010;
    return (mode & 0o077) !== 0 && !isPath && (mode & 0o170000) !== 0o120000;
  });
  expect(entries.length).toBeGreaterThan(100);
  expect(open).toEqual([]);
});

it("gives no process a descriptor of another's files", () => {
  const keepers = pids().filter((pid) => read(pid, "cmdline")[3] === "lockstep-keeper" && isOfStage(pid));
  const inherited = keepers.flatMap((keeper) => {
    const own = path.dirname(read(keeper, "cmdline")[4] ?? "");
    const children = read(keeper, `task/${keeper}/children`).join(" ").split(" ").filter(Boolean);
    return [keeper, ...children].flatMap((pid) =>
      openFiles(pid).filter((file) => file.startsWith(stage.directory) && !file.startsWith(own)),
    );
  });
  expect(keepers.length).toBeGreaterThan(2);
  expect(inherited).toEqual([]);
});

it("leaves no process after `down`", async () => {
  expect((await stage.lockstep("down", "--json")).stdout).toBe('{"stopped":true}\n');
  expect(processesIn(stage.directory)).toEqual([]);
  expect(pids().filter(isOfStage)).toEqual([]);
});

it("leaves no process of PostgreSQL after `down`, also if its server was killed and one of them does not respond", async () => {
  expect((await stage.up()).exitCode).toBe(0);
  const isChild = (pid: string) => read(pid, "cmdline")[0]?.startsWith("postgres: ");
  const frozen = postgresPids().find((pid) => read(pid, "cmdline")[0]?.startsWith("postgres: checkpointer"));
  process.kill(Number(frozen), "SIGSTOP");
  stage.kill();
  for (const pid of postgresPids().filter((each) => !isChild(each))) process.kill(Number(pid), "SIGKILL");
  expect((await stage.lockstep("down")).exitCode).toBe(0);
  expect(postgresPids()).toEqual([]);
});

/** PostgreSQL overwrites the environment of its processes. */
const postgresPids = () => pids().filter((pid) => linkOf(`/proc/${pid}/cwd`)[0]?.startsWith(stage.directory));

const pids = () => readdirSync("/proc").filter((name) => /^\d+$/.test(name));

const isOfStage = (pid: string) =>
  read(pid, "environ").some((entry) => entry.startsWith(`LOCKSTEP_PROCESS=${stage.directory}/`));

function read(pid: string, file: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8").split("\0");
  } catch {
    return []; // the process has exited
  }
}

function openFiles(pid: string): string[] {
  return readdirSync(`/proc/${pid}/fd`).flatMap((descriptor) => linkOf(`/proc/${pid}/fd/${descriptor}`));
}

function linkOf(file: string): string[] {
  try {
    return [readlinkSync(file)];
  } catch {
    return []; // closed meanwhile
  }
}
