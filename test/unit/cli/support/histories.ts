import { type HistoryEvent, SFNClient } from "@aws-sdk/client-sfn";
import type { Clients } from "../../../../cli/stage/clients.ts";

const at = (seconds: number) => new Date(Date.UTC(2026, 0, 1, 12) + seconds * 1000);

export const entered = (seconds: number, name: string) => ({
  type: "TaskStateEntered" as const,
  timestamp: at(seconds),
  stateEnteredEventDetails: { name },
});

export const exited = (seconds: number, name: string) => ({
  type: "TaskStateExited" as const,
  timestamp: at(seconds),
  stateExitedEventDetails: { name },
});

export const failed = (seconds: number, error: string, cause: string) => ({
  type: "ExecutionFailed" as const,
  timestamp: at(seconds),
  executionFailedEventDetails: { error, cause },
});

export const succeeded = (seconds: number) => ({ type: "ExecutionSucceeded" as const, timestamp: at(seconds) });
export const redriven = (seconds: number) => ({ type: "ExecutionRedriven" as const, timestamp: at(seconds) });

type Event = Omit<HistoryEvent, "id">;

/** Clients of an execution whose history grows: each reading shows the next one. */
export function clientsOf(...histories: (readonly Event[])[]): Clients {
  const sfn = new SFNClient({ region: "eu-west-1" });
  let reading = 0;
  sfn.middlewareStack.add(
    () => async () => {
      const events = (histories[Math.min(reading++, histories.length - 1)] ?? []).map((event, id) => ({
        id,
        ...event,
      }));
      return { response: {}, output: { $metadata: {}, events } };
    },
    { step: "initialize" },
  );
  const local = { endpoint: "", region: "", accessKeyId: "", secretAccessKey: "", gitToken: "", databaseCaFile: "" };
  return { local, sfn } as Partial<Clients> as Clients; // only these are used
}
