import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { CreateServiceCommand, DeleteServiceCommand, ECSClient, StopTaskCommand } from "@aws-sdk/client-ecs";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import {
  ask,
  describeTask,
  groups,
  listTasks,
  logOf,
  prepareEcs,
  registerDefinition,
  serviceInput,
  serving,
  startEcsCloud,
} from "#test/support/ecs.ts";
import { reaches, whenSteady } from "#test/support/ecs-waits.ts";
import type { TestCloud } from "#test/support/local-cloud.ts";

let local: TestCloud;
let image: string;

beforeEach(async () => {
  Object.assign(groups.control, { isInUse: true, drainMs: 0, unhealthyAfterMs: 1000 });
  local = await startEcsCloud();
  image = await prepareEcs(local);
});
afterEach(async () => {
  await local.stop();
  const left = processesOf(local.directory);
  if (left.length > 0) throw new Error(`Processes still running: ${left.join(", ")}`);
});

/** Argument lists of all processes that were started for this data directory. */
function processesOf(directory: string): string[] {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  const commands = pids.map((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, "utf8");
    } catch {
      return "";
    }
  });
  return commands.filter((command) => command.includes("lockstep-keeper") && command.includes(directory));
}

function startControlPlane(definition = ""): { child: ChildProcess; firstLine: Promise<string> } {
  const script = path.resolve(import.meta.dirname, "..", "support", "ecs-control-plane.ts");
  const child = spawn(process.execPath, [script, local.directory, definition], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const firstLine = new Promise<string>((resolve) => {
    child.stdout?.once("data", (chunk: Buffer) => resolve(chunk.toString("utf8").trim()));
  });
  return { child, firstLine };
}

async function kill(child: ChildProcess): Promise<void> {
  child.kill("SIGKILL");
  await new Promise((resolve) => child.once("exit", resolve));
}

const createService = async () => {
  const definition = await registerDefinition(local, "web", { image, ...serving });
  await local.client(ECSClient).send(new CreateServiceCommand(serviceInput(definition)));
  await whenSteady(local);
  const [task = {}] = await listTasks(local);
  return task;
};

it("leaves a task serving while it is away, and takes it up again", async () => {
  const task = await createService();
  const pid = await ask(task, "/pid");
  await local.detach();
  expect(await ask(task, "/pid")).toBe(pid);
  local = await startEcsCloud({ directory: local.directory });
  await whenSteady(local);
  expect((await listTasks(local)).map(({ taskArn }) => taskArn)).toEqual([task.taskArn]);
  expect(await ask(task, "/pid")).toBe(pid);
  await local.client(ECSClient).send(new DeleteServiceCommand({ cluster: "main", service: "web", force: true }));
  await reaches(local, task, "STOPPED");
  expect(await logOf(local, task)).toEqual(["listening", "asked to stop"]);
});

it("reads the exit code of a task that stopped while no control plane was running, and starts another", async () => {
  const task = await createService();
  await local.detach();
  const { child, firstLine } = startControlPlane();
  await firstLine;
  await kill(child);
  await ask(task, "/crash").catch(() => undefined);
  await vi.waitFor(() => expect(processesOf(local.directory)).toEqual([]));
  local = await startEcsCloud({ directory: local.directory });
  expect(await reaches(local, task, "STOPPED")).toMatchObject({
    stopCode: "EssentialContainerExited",
    containers: [{ exitCode: 7 }],
  });
  await vi.waitFor(async () => {
    const [next = {}] = await listTasks(local);
    expect(await ask(next, "/health")).toBe("ok");
  });
});

it.each([0, 20, 40, 60, 70, 80, 90, 100, 120, 150, 200, 300])(
  "finishes a start that a kill -9 cut off after %i ms, once",
  async (milliseconds) => {
    const mark = path.join(local.directory, "mark");
    const definition = await registerDefinition(local, "marking", { image, command: ["mark", mark] });
    await local.detach();
    const { child, firstLine } = startControlPlane(definition);
    const task = { taskArn: await firstLine };
    await new Promise((resolve) => setTimeout(resolve, milliseconds)); // the moment of the kill is what is tried
    await kill(child);
    local = await startEcsCloud({ directory: local.directory });
    await reaches(local, task, "RUNNING");
    await vi.waitFor(() => expect(existsSync(mark)).toBe(true));
    expect(processesOf(local.directory)).toHaveLength(1);
    await local.client(ECSClient).send(new StopTaskCommand({ cluster: "main", task: task.taskArn }));
    expect(await reaches(local, task, "STOPPED")).toMatchObject({ containers: [{ exitCode: 143 }] });
    expect(readFileSync(mark, "utf8").trim().split("\n")).toHaveLength(1);
  },
);

it("finishes a stop that a kill -9 cut off", async () => {
  const definition = await registerDefinition(local, "ignores-sigterm", {
    image,
    command: ["ignoreSigterm"],
    stopTimeout: 2,
  });
  await local.detach();
  const { child, firstLine } = startControlPlane(definition);
  const task = { taskArn: await firstLine };
  await kill(child);
  local = await startEcsCloud({ directory: local.directory });
  await reaches(local, task, "RUNNING");
  await vi.waitFor(async () => expect(await logOf(local, task)).toEqual(["waiting"]));
  await local.client(ECSClient).send(new StopTaskCommand({ cluster: "main", task: task.taskArn }));
  await reaches(local, task, "STOPPING");
  await local.detach();
  local = await startEcsCloud({ directory: local.directory });
  expect(await describeTask(local, task)).toMatchObject({ lastStatus: "STOPPING" });
  expect(await reaches(local, task, "STOPPED")).toMatchObject({ containers: [{ exitCode: 137 }] });
});

it("starts service tasks again after everything went down", async () => {
  const task = await createService();
  await local.detach();
  for (const command of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    const file = `/proc/${command}/cmdline`;
    if (existsSync(file) && readFileSync(file, "utf8").includes(`${local.directory}/ecs/tasks`))
      process.kill(-Number(command), "SIGKILL");
  }
  local = await startEcsCloud({ directory: local.directory });
  expect(await reaches(local, task, "STOPPED")).toMatchObject({ containers: [{ exitCode: 137 }] });
  await whenSteady(local);
  const [next = {}] = await listTasks(local);
  expect(await ask(next, "/health")).toBe("ok");
});
