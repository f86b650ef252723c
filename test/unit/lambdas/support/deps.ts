import type { Deps } from "../../../../lambdas/core/journal.ts";
import type { Push } from "../../../../lambdas/core/record.ts";
import { MemoryMachine } from "./memory-machine.ts";
import { MemoryTable } from "./memory-table.ts";

export interface MemoryDeps extends Deps {
  readonly table: MemoryTable;
  readonly machine: MemoryMachine;
}

/** Deps in memory; the clock moves a second each time it is read. */
export function memoryDeps(): MemoryDeps {
  let seconds = 0;
  return {
    table: new MemoryTable(),
    machine: new MemoryMachine(),
    clock: { now: () => new Date(Date.UTC(2026, 0, 1, 12, 0, seconds++)) },
    log: { appendKeys: () => {}, info: () => {}, error: () => {} },
  };
}

export const execution = "arn:aws:states:eu-west-1:111122223333:execution:shop-production-deploy:1a2b3c4d-event";

interface Invocation {
  token?: string;
  execution?: string;
  attempt?: number;
  input?: Partial<Push & { generation: number }>;
}

export function invocation(changes: Invocation = {}) {
  const { input, ...rest } = changes;
  return {
    token: "token-1",
    execution,
    attempt: 0,
    ...rest,
    input: {
      deployment: "1a2b3c4d-event",
      repository: "shop",
      branch: "main",
      commit: "1a2b3c4d".repeat(5),
      pushedAt: "2026-01-01T12:00:00Z",
      generation: 1,
      ...input,
    },
  };
}

/** The lock as an acquired deployment finds it. */
export async function giveLock({ table }: MemoryDeps, holder: string, generation: number): Promise<void> {
  await table.put({ pk: "lock", sk: "lock", holder, generation });
}
