import { fork, type ChildProcess } from "node:child_process";
import path from "node:path";
import { fileURLToPath } from "node:url";
import type { Cloud } from "#local/cloud/index.ts";
import { DamagedFile, processMark } from "#local/kernel/index.ts";
import type { WorkerStart } from "./messages.ts";

const workerFile = fileURLToPath(import.meta.resolve("#local/services/dynamodb/worker.ts"));

/** Starts the process of dynalite and waits until it has opened its tables; throws when it cannot. */
export async function openWorker(cloud: Cloud): Promise<ChildProcess> {
  const directory = cloud.directory("dynamodb");
  const tables = path.join(directory, "tables");
  const { accountId: AWS_ACCOUNT_ID, region: AWS_REGION } = cloud;
  const child = fork(workerFile, [tables], {
    env: { AWS_ACCOUNT_ID, AWS_REGION, [processMark]: directory, NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE },
    execArgv: [],
    serialization: "advanced",
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  child.on("error", (err) => cloud.log("error", "Dynalite process failed", { err }));
  const start = await new Promise<WorkerStart | undefined>((resolve) => {
    child.once("message", (message: WorkerStart) => resolve(message));
    child.once("exit", () => resolve(undefined));
  });
  if (start?.kind === "ready") return child;
  if (start?.isDamaged) throw new DamagedFile(tables, start.reason);
  throw new Error(`Dynalite could not open ${tables}: ${start?.reason ?? "it exited"}`);
}
