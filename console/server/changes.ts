import type { ServerResponse } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import { glance } from "./queries/glance.ts";
import type { Stages } from "./stages.ts";

const pollMs = 1_000;

/** Reports changes of the stages to the open pages. AWS is polled only while a page is open. */
export class Changes {
  readonly #stages: Stages;
  readonly #listeners = new Set<ServerResponse>();
  readonly #last = new Map<string, string>();
  #polling = false;

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

  close(): void {
    for (const response of this.#listeners) response.end();
    this.#listeners.clear();
  }

  async #poll(): Promise<void> {
    this.#polling = true;
    while (this.#listeners.size > 0) {
      for (const stage of this.#stages.names) this.#report(await this.#check(stage));
      await pause(pollMs);
    }
    this.#polling = false;
  }

  /** Also a failure is news: the page then shows how old its data is. */
  async #check(stage: string) {
    try {
      const current = await glance(await this.#stages.get(stage));
      const text = JSON.stringify(current);
      const isNew = this.#last.get(stage) !== text;
      this.#last.set(stage, text);
      return { kind: isNew ? "changed" : "unchanged", stage, at: new Date().toISOString() };
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
