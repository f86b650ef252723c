import type { LogLine, LogPage } from "../server/queries/logs.ts";

const maxLines = 100_000;

export interface LogLines {
  lines: readonly LogLine[];
  /** Ids of the lines that the next page may have again. */
  ids: ReadonlySet<string>;
}

/** Lines may arrive late, out of the order of their time, and again. */
export function withPage(former: LogLines, page: Pick<LogPage, "lines" | "next">): LogLines {
  const added = page.lines.filter((line) => !former.ids.has(line.id));
  const isUnordered = added.length > 0 && (added[0]?.at ?? 0) < (former.lines.at(-1)?.at ?? 0);
  const all = added.length === 0 ? former.lines : [...former.lines, ...added];
  const lines = isUnordered ? all.toSorted((a, b) => a.at - b.at) : all;
  const start = lines.findLastIndex(({ at }) => at < page.next) + 1;
  return {
    lines: lines.length > maxLines ? lines.slice(-maxLines) : lines,
    ids: new Set(lines.slice(start).map((line) => line.id)),
  };
}
