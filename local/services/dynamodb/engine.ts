import { Worker } from "node:worker_threads";
import { awsError, type Cloud } from "#local/cloud/index.ts";
import path from "node:path";
import type { WorkerRequest, WorkerResponse } from "./messages.ts";

export interface Engine {
  /** Sends a request in DynamoDB's JSON protocol to dynalite. */
  send(operation: string, body: Uint8Array): Promise<Omit<WorkerResponse, "id">>;
  start(): void;
  /** Waits for requests in progress, then closes the database. */
  stop(): Promise<void>;
}

interface PendingRequest {
  resolve: (response: WorkerResponse) => void;
  reject: (error: Error) => void;
}

/**
 * Dynalite in a worker thread: it reads account and region from the environment, and an internal error of dynalite is an uncaught
 * exception, which must not end the control plane.
 */
export function createEngine(cloud: Cloud): Engine {
  const pending = new Map<number, PendingRequest>();
  let worker: Worker | undefined;
  let lastId = 0;

  const start = () => {
    const env = { AWS_ACCOUNT_ID: cloud.accountId, AWS_REGION: cloud.region };
    const workerData = path.join(cloud.directory("dynamodb"), "tables");
    worker = new Worker(new URL("./worker.ts", import.meta.url), { env, workerData, execArgv: [] });
    worker.on("message", (response: WorkerResponse) => {
      pending.get(response.id)?.resolve(response);
      pending.delete(response.id);
    });
    worker.on("error", (error) => {
      cloud.log("error", "Dynalite crashed, restarting", { err: error });
      for (const { reject } of pending.values())
        reject(awsError("InternalServerError", "Dynalite crashed while it processed the request.", 500));
      pending.clear();
      if (!cloud.stopping.aborted) start();
    });
  };

  const idle = async () => {
    while (pending.size > 0)
      await new Promise<void>((resolve) => {
        cloud.clock.afterLimit(0.01, resolve);
      });
  };

  return {
    start,
    send: (operation, body) =>
      new Promise((resolve, reject) => {
        if (!worker) throw awsError("InternalServerError", "The local cloud's DynamoDB is not running.", 500);
        const request: WorkerRequest = { id: (lastId += 1), operation, body };
        pending.set(request.id, { resolve, reject });
        // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
        worker.postMessage(request);
      }),
    async stop() {
      await idle();
      // Terminating the thread closes LevelDB. Dynalite's own close does so only for a listening server.
      await worker?.terminate();
      worker = undefined;
    },
  };
}
