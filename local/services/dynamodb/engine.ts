import { Worker } from "node:worker_threads";
import { awsError, type Cloud } from "#local/cloud/index.ts";
import path from "node:path";
import type { Answer, Question } from "./messages.ts";

export interface Engine {
  /** Has dynalite answer a request of DynamoDB's JSON protocol. */
  ask(operation: string, body: Uint8Array): Promise<Omit<Answer, "id">>;
  start(): void;
  /** Waits for what is being answered, then closes the database. */
  stop(): Promise<void>;
}

interface Waiting {
  resolve: (answer: Answer) => void;
  reject: (error: Error) => void;
}

/**
 * Dynalite in a thread of its own: it takes account and region from the environment, and it throws where nobody can catch when a request
 * meets a fault of its own, which must not end the control plane.
 */
export function createEngine(cloud: Cloud): Engine {
  const waiting = new Map<number, Waiting>();
  let worker: Worker | undefined;
  let lastId = 0;

  const start = () => {
    const env = { AWS_ACCOUNT_ID: cloud.accountId, AWS_REGION: cloud.region };
    const workerData = path.join(cloud.directory("dynamodb"), "tables");
    worker = new Worker(new URL("./worker.ts", import.meta.url), { env, workerData, execArgv: [] });
    worker.on("message", (answer: Answer) => {
      waiting.get(answer.id)?.resolve(answer);
      waiting.delete(answer.id);
    });
    worker.on("error", (error) => {
      cloud.log("error", "Dynalite ended by a fault; it is started again", { err: error });
      for (const { reject } of waiting.values())
        reject(awsError("InternalServerError", "The request met a fault of dynalite.", 500));
      waiting.clear();
      if (!cloud.stopping.aborted) start();
    });
  };

  const idle = async () => {
    while (waiting.size > 0)
      await new Promise<void>((resolve) => {
        cloud.clock.afterLimit(0.01, resolve);
      });
  };

  return {
    start,
    ask: (operation, body) =>
      new Promise((resolve, reject) => {
        if (!worker) throw awsError("InternalServerError", "The local cloud's DynamoDB is not running.", 500);
        const question: Question = { id: (lastId += 1), operation, body };
        waiting.set(question.id, { resolve, reject });
        // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
        worker.postMessage(question);
      }),
    async stop() {
      await idle();
      // The thread's end closes LevelDB. Dynalite's own close does so only for a server that listens.
      await worker?.terminate();
      worker = undefined;
    },
  };
}
