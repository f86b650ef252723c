import { Readable } from "node:stream";
import { setTimeout as pause } from "node:timers/promises";
import dynalite from "dynalite";
import { create } from "dynalite/db/index.js";
import { letReturnCloseIterators } from "./close-iterators.ts";
import type { WorkerRequest, WorkerResponse, WorkerStart } from "./messages.ts";

// Dynalite only speaks HTTP, so it gets HTTP requests without a socket. The signature is already verified.
const headers = {
  "content-type": "application/x-amz-json-1.0",
  authorization: "AWS4-HMAC-SHA256 Credential=verified, SignedHeaders=verified, Signature=verified",
  "x-amz-date": "verified",
};

const lockDeadlineMs = 10_000;
const directory = process.argv[2] ?? "";
// The control plane has stopped or was killed.
process.on("disconnect", () => process.exit());
await completeInterruptedChanges(directory).catch(reportFailure);
const server = dynalite({ path: directory, createTableMs: 0, updateTableMs: 0, deleteTableMs: 0 });

const start: WorkerStart = { kind: "ready" };
process.send?.(start);

/** LevelDB explains in the cause. */
function reportFailure(error: unknown): Promise<never> {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : undefined;
  const reason = cause?.message ?? String(error);
  const isCorrupt = cause !== undefined && "code" in cause && cause.code === "LEVEL_CORRUPTION";
  const isDamaged = isCorrupt || /No such file|Is a directory|Not a directory/.test(reason);
  const start: WorkerStart = { kind: "failed", reason, isDamaged };
  return new Promise(() => process.send?.(start, () => process.exit(1)));
}

/** A table whose creation or deletion was interrupted would stay CREATING or DELETING: it exists, and can be deleted again. */
async function completeInterruptedChanges(directory: string): Promise<void> {
  const db = await openUnlocked(directory);
  await letReturnCloseIterators(db);
  for await (const [key, table] of db.iterator({ gte: "table~", lt: "table~\uffff" }))
    if (table.TableStatus !== "ACTIVE") await db.put(key, { ...table, TableStatus: "ACTIVE" });
  await db.close();
}

/** The process of a control plane that was just killed may still hold the lock. */
async function openUnlocked(directory: string) {
  for (const deadline = Date.now() + lockDeadlineMs; ; await pause(50)) {
    const { db } = create({ path: directory });
    try {
      await db.open();
      return db;
    } catch (error) {
      if (Date.now() > deadline || !isLocked(error)) throw error;
    }
  }
}

function isLocked(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof Error && "code" in cause && cause.code === "LEVEL_LOCKED";
}

process.on("message", ({ id, operation, body }: WorkerRequest) => {
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
    process.send?.(response);
  }
}
