import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { awsError, type Cloud } from "#local/cloud/index.ts";
import type { WorkerRequest, WorkerResponse } from "./messages.ts";
import { openWorker } from "./worker-process.ts";

export interface Engine {
  /** Sends a request in DynamoDB's JSON protocol to dynalite. */
  send(operation: string, body: Uint8Array): Promise<Omit<WorkerResponse, "id">>;
  /** Resolves when the tables are open. */
  start(): Promise<void>;
  /** Waits for requests in progress, then closes the database. */
  stop(): Promise<void>;
}

interface PendingRequest {
  resolve: (response: WorkerResponse) => void;
  reject: (error: Error) => void;
}

const restartSeconds = 1;

/**
 * Dynalite in a process of its own, which ends with the control plane: it reads account and region from the environment, an internal error
 * of dynalite is an uncaught exception, and processes that the control plane starts would inherit the open files of LevelDB.
 */
export function createEngine(cloud: Cloud): Engine {
  const pending = new Map<number, PendingRequest>();
  let worker: ChildProcess | undefined;
  let lastId = 0;

  const start = async () => {
    const child = await openWorker(cloud);
    if (cloud.stopping.aborted) child.kill("SIGKILL");
    worker = child;
    child.on("message", (response: WorkerResponse) => {
      pending.get(response.id)?.resolve(response);
      pending.delete(response.id);
    });
    child.once("exit", (code, signal) => {
      if (worker !== child) return; // stopped
      worker = undefined;
      cloud.log("error", "Dynalite exited, restarting", { code, signal });
      for (const { reject } of pending.values())
        reject(awsError("InternalServerError", "Dynalite crashed while it processed the request.", 500));
      pending.clear();
      void restart();
    });
  };

  const restart = async (): Promise<void> => {
    if (cloud.stopping.aborted) return;
    await start().catch((err: unknown) => {
      cloud.log("error", "Dynalite did not restart", { err });
      cloud.clock.afterLimit(restartSeconds, () => void restart());
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
        worker.send(request);
      }),
    async stop() {
      await idle();
      const child = worker;
      worker = undefined;
      if (child?.exitCode !== null || child.signalCode !== null) return;
      // The exit of the process closes LevelDB. Dynalite's own close does so only for a listening server.
      child.kill("SIGKILL");
      await once(child, "exit");
    },
  };
}
