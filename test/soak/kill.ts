import { setTimeout as pause } from "node:timers/promises";
import type { World } from "../matrix/world.ts";
import { kinds, type Victim, victims } from "./victims.ts";

/** A planned kill. Numbers in [0, 1) choose among what there is at its moment. */
export interface Plan {
  readonly step: number;
  readonly victim: number;
  readonly which: number;
  /** After the start of the step. */
  readonly afterMs: number;
  /** How long a killed control plane stays down. */
  readonly downMs: number;
}

export interface Kill {
  readonly victim: Victim;
  readonly step: string;
  readonly at: number;
  /** The control plane that was started in place of the killed one. */
  readonly restart?: Restart;
}

interface Restart {
  readonly readyAt: number;
  /** `lockstep up` follows the running deployment, and ends with it. */
  readonly ended: Promise<unknown>;
}

/** Half of the kills strike within 50 ms after a step has started, since most steps are short. */
export function plan(random: () => number): Plan {
  const scale = [50, 50, 500, 3000][Math.floor(random() * 4)] ?? 0;
  const longest = random() < 0.5 ? 0 : 3000;
  return {
    step: random(),
    victim: random(),
    which: random(),
    afterMs: Math.round(random() * scale),
    downMs: Math.round(random() * longest),
  };
}

export const pick = <T>(items: readonly T[], number: number): T | undefined => items[Math.floor(number * items.length)];

/** Kills one of the running victims, as the plan says, and restarts a control plane as a user does. */
export async function kill(world: World, { victim, which, downMs }: Plan, step: string): Promise<Kill> {
  const search = { directory: world.stage.directory, controlPlane: world.stage.controlPlanePid(), draw: which };
  const running = victims
    .map((name) => ({ name, pids: kinds[name].find(search) }))
    .filter(({ pids }) => pids.length > 0);
  const { name, pids = [] } = pick(running, victim) ?? {};
  if (name === undefined) throw new Error("Nothing is running that could be killed");
  const at = Date.now();
  for (const pid of pids) process.kill(pid, "SIGKILL");
  const isDown = pids.includes(search.controlPlane);
  return { victim: name, step, at, ...(isDown && { restart: await restart(world, search.controlPlane, downMs) }) };
}

async function restart(world: World, killed: number, downMs: number): Promise<Restart> {
  await pause(downMs);
  let output: string | undefined;
  const ended = world.stage.up().then(({ stdout, stderr }) => (output = stdout + stderr));
  await world.until("the control plane is ready", async () => {
    const isReady = world.stage.controlPlanePid() !== killed && (await world.lock());
    return isReady || output !== undefined ? true : undefined;
  });
  if (world.stage.controlPlanePid() === killed) throw new Error(`The control plane did not restart: ${output}`);
  return { readyAt: Date.now(), ended };
}
