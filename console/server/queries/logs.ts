import { functionOf, logSources } from "../../../cli/stage/log-sources.ts";
import { lateMilliseconds, type LogLine, readLog, startOfLast } from "../../../cli/stage/logs.ts";
import type { DeploymentItem } from "../../../cli/stage/records.ts";
import type { StageContext } from "../stages.ts";
import { requireDeployment } from "./require-deployment.ts";

export type { LogLine };

export interface LogPage {
  /** Ordered by time. */
  lines: LogLine[];
  /** Milliseconds since 1970, from which the next request reads on; lines that were read before come again. */
  next: number;
  /** The next page is there already. */
  isFull: boolean;
  /** The log may get further lines. */
  isOpen: boolean;
}

interface LogRequest {
  /** `build`, `migration`, `app`, or the name of a step's function. */
  log: string;
  /** Undefined for the first request. */
  from?: number | undefined;
}

const lastLines = 2_000;
const pageLines = 20_000;
/** A log is read this long after its end: lines become available late. */
const openSeconds = 60;

/** Lines of a log of a deployment, as they are: the page shows them as text. */
export async function logPage({ clients, stage }: StageContext, id: string, request: LogRequest): Promise<LogPage> {
  const item = await requireDeployment({ clients, stage }, id);
  const [source] = logSources(stage, item, request.log);
  const isOpen = source?.isEndless === true || !hasEnded(item, request.log);
  if (!source) return { lines: [], next: request.from ?? 0, isFull: false, isOpen };
  const start = request.from ?? (source.isEndless ? await startOfLast(clients, source, lastLines) : source.start);
  const lines = await readLog(clients, source, { start, limit: pageLines });
  const isFull = lines.length >= pageLines;
  return { lines: lines.toSorted((a, b) => a.at - b.at), next: nextStart(lines, start, isFull), isFull, isOpen };
}

/** Behind a full page, lines that come late are not waited for. */
export function nextStart(lines: readonly Pick<LogLine, "at">[], start: number, isFull: boolean): number {
  const last = lines.reduce((latest, { at }) => Math.max(latest, at), start);
  if (!isFull) return Math.max(start, last - lateMilliseconds);
  return last > start ? last : start + 1; // more lines than a page in one millisecond
}

const hasEnded = ({ steps, endedAt }: DeploymentItem, log: string): boolean => {
  const [, step] = Object.entries(steps).find(([name]) => functionOf(name) === log) ?? [];
  const end = step?.endedAt ?? endedAt;
  return end !== undefined && Date.now() - Date.parse(end) > openSeconds * 1000;
};
