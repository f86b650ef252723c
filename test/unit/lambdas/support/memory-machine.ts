import type { Failure, Machine } from "../../../../lambdas/core/machine.ts";

export type Answer = { readonly output: object } | Failure;

/** Step Functions as the steps see it: executions that run or not, and tokens that can be answered once. */
export class MemoryMachine implements Machine {
  readonly running = new Set<string>();
  readonly answers = new Map<string, Answer>();

  succeed(token: string, output: object): Promise<"answered" | "stale"> {
    return Promise.resolve(this.answer(token, { output }));
  }

  fail(token: string, failure: Failure): Promise<"answered" | "stale"> {
    return Promise.resolve(this.answer(token, failure));
  }

  isWaiting(token: string): Promise<boolean> {
    return Promise.resolve(!this.answers.has(token));
  }

  isRunning(execution: string): Promise<boolean> {
    return Promise.resolve(this.running.has(execution));
  }

  private answer(token: string, answer: Answer): "answered" | "stale" {
    if (this.answers.has(token)) return "stale";
    this.answers.set(token, answer);
    return "answered";
  }
}
