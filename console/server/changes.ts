import type { ServerResponse } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import { type Glance, glance } from "./queries/glance.ts";
import type { Stages } from "./stages.ts";

/** A deployment in progress changes every few seconds; an idle stage changes by a push or by another person. */
const pollMs = { local: 1_000, busy: 2_000, idle: 6_000 } as const;

/** How long until a stage is read again: each reading on AWS is charged, and counts for the limits of the account. */
export function pauseAfter(reading: Glance, isLocal: boolean): number {
  if (isLocal) return pollMs.local;
  const isBusy = reading.rollback !== null || (reading.running !== null && !reading.approval);
  return isBusy ? pollMs.busy : pollMs.idle;
}

/** Reports changes of the stages to the open pages. AWS is polled only while a page is open. */
export class Changes {
  readonly #stages: Stages;
  readonly #listeners = new Set<ServerResponse>();
  readonly #last = new Map<string, string>();
  /** When a stage is read next, in milliseconds since 1970. */
  readonly #dueAt = new Map<string, number>();
  #polling = false;
  #sleep = new AbortController();

  constructor(stages: Stages) {
    this.#stages = stages;
  }

  /** Server-sent events: https://html.spec.whatwg.org/multipage/server-sent-events.html */
  listen(response: ServerResponse): void {
    response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8" });
    this.#listeners.add(response);
    response.on("close", () => this.#listeners.delete(response));
    this.#send(response, { kind: "open" });
    if (!this.#polling) void this.#poll();
  }

  /** Reads the stages at once, because an action has just changed one. */
  wake(): void {
    this.#dueAt.clear();
    this.#sleep.abort();
  }

  close(): void {
    for (const response of this.#listeners) response.end();
    this.#listeners.clear();
    this.#sleep.abort();
  }

  async #poll(): Promise<void> {
    this.#polling = true;
    while (this.#listeners.size > 0) {
      this.#sleep = new AbortController();
      for (const stage of this.#stages.names) {
        if ((this.#dueAt.get(stage) ?? 0) <= Date.now()) this.#report(await this.#check(stage));
      }
      const next = Math.min(...this.#stages.names.map((stage) => this.#dueAt.get(stage) ?? 0));
      await pause(Math.max(0, next - Date.now()), undefined, { signal: this.#sleep.signal }).catch(() => undefined);
    }
    this.#polling = false;
  }

  /** Also a failure is news: the page then shows how old its data is. */
  async #check(stage: string) {
    this.#dueAt.set(stage, Date.now() + pollMs.busy);
    try {
      const context = await this.#stages.get(stage);
      const current = await glance(context);
      // Not after an action that came while it was read.
      if (!this.#sleep.signal.aborted)
        this.#dueAt.set(stage, Date.now() + pauseAfter(current, context.clients.local !== undefined));
      const text = JSON.stringify(current);
      const isNew = this.#last.get(stage) !== text;
      this.#last.set(stage, text);
      const at = new Date().toISOString();
      return isNew ? { kind: "changed", stage, at, glance: current } : { kind: "unchanged", stage, at };
    } catch (error) {
      return { kind: "failed", stage, message: error instanceof Error ? error.message : String(error) };
    }
  }

  #report(event: object): void {
    for (const response of this.#listeners) this.#send(response, event);
  }

  #send(response: ServerResponse, event: object): void {
    response.write(`data: ${JSON.stringify(event)}\n\n`);
  }
}
