import { Readable } from "node:stream";
import { parentPort, workerData } from "node:worker_threads";
import dynalite from "dynalite";
import { create } from "dynalite/db/index.js";
import type { WorkerRequest, WorkerResponse } from "./messages.ts";

// Dynalite only speaks HTTP, so it gets HTTP requests without a socket. The signature is already verified.
const headers = {
  "content-type": "application/x-amz-json-1.0",
  authorization: "AWS4-HMAC-SHA256 Credential=verified, SignedHeaders=verified, Signature=verified",
  "x-amz-date": "verified",
};

const directory = String(workerData);
await completeInterruptedChanges(directory);
const server = dynalite({ path: directory, createTableMs: 0, updateTableMs: 0, deleteTableMs: 0 });

/** A table whose creation or deletion was interrupted would stay CREATING or DELETING: it exists, and can be deleted again. */
async function completeInterruptedChanges(directory: string): Promise<void> {
  const { db } = create({ path: directory });
  for await (const [key, table] of db.iterator({ gte: "table~", lt: "table~\uffff" }))
    if (table.TableStatus !== "ACTIVE") await db.put(key, { ...table, TableStatus: "ACTIVE" });
  await db.close();
}

parentPort?.on("message", ({ id, operation, body }: WorkerRequest) => {
  const target = { "x-amz-target": `DynamoDB_20120810.${operation}` };
  const request = Object.assign(Readable.from([Buffer.from(body)]), {
    method: "POST",
    url: "/",
    headers: { ...headers, ...target },
  });
  server.emit("request", request, new Response(id));
});

/** The part of http.ServerResponse that dynalite uses. */
class Response {
  readonly #id: number;
  readonly #headers: Record<string, string> = {};
  statusCode = 200;

  constructor(id: number) {
    this.#id = id;
  }

  setHeader(name: string, value: string | number): void {
    this.#headers[name.toLowerCase()] = String(value);
  }

  end(body = ""): void {
    const response: WorkerResponse = { id: this.#id, status: this.statusCode, headers: this.#headers, body };
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
    parentPort?.postMessage(response);
  }
}
