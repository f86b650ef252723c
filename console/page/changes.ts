import { useQueryClient, type QueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import type { Glance } from "../server/queries/glance.ts";
import { openStream } from "./session.ts";

interface Change {
  kind: "open" | "changed" | "unchanged" | "failed";
  stage?: string;
  at?: string;
  message?: string;
  /** What has changed, so that it need not be read again. */
  glance?: Glance;
}

export interface Connection {
  /** When the server last confirmed that what is shown is current. */
  confirmedAt: number;
  problem: string | undefined;
}

const reconnectMs = 2_000;

/** Follows the server's stream: a change of a stage makes its data be read again. */
export function useChanges(): Connection {
  const client = useQueryClient();
  const [connection, setConnection] = useState<Connection>({ confirmedAt: Date.now(), problem: undefined });
  useEffect(() => {
    const ending = new AbortController();
    void follow(client, setConnection, ending.signal);
    return () => ending.abort();
  }, [client]);
  return connection;
}

type Report = (update: (connection: Connection) => Connection) => void;

async function follow(client: QueryClient, report: Report, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      const response = await openStream("/api/changes", signal);
      if (!response.ok || !response.body) throw new Error(`The stream ended with status ${response.status}.`);
      await client.invalidateQueries();
      for await (const change of changesOf(response.body)) apply(change, client, report);
      throw new Error("The stream ended.");
    } catch {
      if (signal.aborted) return;
      report((connection) => ({ ...connection, problem: "The console does not respond." }));
      await new Promise((resolve) => setTimeout(resolve, reconnectMs));
    }
  }
}

function apply(change: Change, client: QueryClient, report: Report): void {
  if (change.kind === "failed") {
    report((connection) => ({ ...connection, problem: change.message }));
    return;
  }
  if (change.kind === "changed") {
    const queryKey = ["stage", change.stage];
    client.setQueryData([...queryKey, "glance"], change.glance);
    void client.invalidateQueries({ queryKey, predicate: ({ queryKey: [, , name] }) => name !== "glance" });
  }
  if (change.kind !== "open") report(() => ({ confirmedAt: Date.now(), problem: undefined }));
}

async function* changesOf(body: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<Change> {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    text += value;
    const events = text.split("\n\n");
    text = events.pop() ?? "";
    for (const event of events) yield JSON.parse(event.slice("data: ".length)) as Change; // of the server of this page
  }
}
