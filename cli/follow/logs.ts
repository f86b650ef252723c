import { setTimeout as pause } from "node:timers/promises";
import type { Clients } from "../stage/clients.ts";
import type { LogSource } from "../stage/log-sources.ts";
import { lateMilliseconds, type LogLine, readLog, startOfLast } from "../stage/logs.ts";
import { pollMilliseconds } from "./show-steps.ts";

export interface FollowedLogs {
  clients: Clients;
  /** The logs at this time, and whether they may get further lines. */
  read: () => Promise<{ sources: readonly LogSource[]; isOpen: boolean }>;
  /** Milliseconds since 1970; without it, endless logs begin with their last lines. */
  since: number | undefined;
}

const lastLines = 100;

/**
 * Lines of logs, in batches ordered by time, until they can get no more. It polls, because a session of Live Tail costs by the minute, ends after
 * three hours and leaves lines out above 500 a second: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_StartLiveTail.html
 */
export async function* followLogs({ clients, read, since }: FollowedLogs): AsyncGenerator<LogLine[]> {
  const starts = new Map<string, number>();
  const printed = new Map<string, number>();
  for (;;) {
    const { sources, isOpen } = await read();
    const batch: LogLine[] = [];
    for (const source of sources) {
      const key = JSON.stringify([source.group, source.streams]);
      const start = starts.get(key) ?? since ?? (await firstOf(clients, source));
      const lines = await readLog(clients, source, { start });
      const last = Math.max(start, ...lines.map(({ at }) => at));
      starts.set(key, Math.max(start, last - lateMilliseconds));
      batch.push(...lines.filter(({ id }) => !printed.has(id)));
      for (const { id, at } of lines) printed.set(id, at);
    }
    forgetOlder(printed, Math.min(...starts.values()));
    yield batch.toSorted((a, b) => a.at - b.at);
    if (!isOpen) return;
    await pause(pollMilliseconds(clients));
  }
}

const firstOf = async (clients: Clients, source: LogSource) =>
  source.isEndless ? startOfLast(clients, source, lastLines) : source.start;

/** Lines before the start of the next request are not read again. */
function forgetOlder(printed: Map<string, number>, start: number): void {
  for (const [id, at] of printed) if (at < start) printed.delete(id);
}
