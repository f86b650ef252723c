import { type LogLine, readLog, startOfLast } from "../../../cli/stage/logs.ts";
import { logSources } from "../../../cli/stage/log-sources.ts";
import type { StageContext } from "../stages.ts";
import { requireDeployment } from "./require-deployment.ts";

export type { LogLine };

export interface LogPage {
  lines: LogLine[];
  /** Milliseconds since 1970, from which the next request reads on; lines of this time come again. */
  next: number;
}

interface LogRequest {
  /** `build`, `migration`, `app`, or the name of a step's function. */
  log: string;
  /** Undefined for the first request. */
  from?: number | undefined;
}

const lastLines = 2_000;

/** Lines of a log of a deployment, as they are: the page shows them as text. */
export async function logPage({ clients, stage }: StageContext, id: string, request: LogRequest): Promise<LogPage> {
  const item = await requireDeployment({ clients, stage }, id);
  const [source] = logSources(stage, item, request.log);
  if (!source) return { lines: [], next: request.from ?? 0 };
  const start = request.from ?? (source.isEndless ? await startOfLast(clients, source, lastLines) : source.start);
  const lines = await readLog(clients, source, start);
  return { lines, next: lines.at(-1)?.at ?? start };
}
