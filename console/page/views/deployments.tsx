import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useRef } from "react";
import { Link, useSearchParams } from "wouter";
import type { DeploymentRow } from "../../server/queries/deployments.ts";
import { useDeployments } from "../data.ts";
import { Problem } from "../parts/problem.tsx";
import { Status } from "../parts/status.tsx";
import { clockTime, howLong, shortId, tones } from "../words.ts";

const rowHeight = 56;

/** Kinds of outcomes by the word for them in the address. */
const outcomes: Readonly<Record<string, readonly DeploymentRow["kind"][]>> = {
  deployed: ["deployed"],
  failed: ["failed", "rollback failed", "rollback pending"],
  "rolled back": ["rolled back", "rolling back", "rollback failed"],
  superseded: ["superseded", "refused"],
  "in progress": ["running", "waiting", "held", "awaiting approval", "rolling back", "rollback pending"],
};

/** The newest first. Only the rows in sight exist; further pages are read when they come into sight. */
export function Deployments({ stage }: { stage: string }) {
  const [parameters, setParameters] = useSearchParams();
  const search = parameters.get("search") ?? "";
  const outcome = parameters.get("outcome") ?? "";
  const change = (changes: { search?: string; outcome?: string }) => {
    const entries = Object.entries({ search, outcome, ...changes }).filter(([, value]) => value !== "");
    setParameters(Object.fromEntries(entries), { replace: true });
  };
  const query = useDeployments(stage, search, outcomes[outcome] ?? []);
  const { data, error, hasNextPage, isFetchingNextPage, fetchNextPage } = query;
  const rows = data?.pages.flatMap((page) => page.rows) ?? [];
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 8,
  });
  const items = virtual.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (last >= rows.length - 20 && hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [last, rows.length, hasNextPage, isFetchingNextPage, fetchNextPage]);
  if (error) return <Problem error={error} />;
  return (
    <>
      <Filter search={search} outcome={outcome} change={change} />
      {data && rows.length === 0 && (
        <p className="empty">
          {search || outcome ? "No deployment matches." : "Nothing has been deployed yet. Push a commit."}
        </p>
      )}
      <div className="scroller" ref={scroller} tabIndex={0} role="region" aria-label="Deployments">
        <ol className="rows" style={{ height: virtual.getTotalSize() }}>
          {items.map(({ index, start }) => {
            const row = rows[index];
            return (
              row && (
                <Row
                  key={row.deployment}
                  stage={stage}
                  row={row}
                  place={{ index, start, total: hasNextPage ? -1 : rows.length }}
                />
              )
            );
          })}
        </ol>
      </div>
    </>
  );
}

interface FilterProps {
  search: string;
  outcome: string;
  change: (changes: { search?: string; outcome?: string }) => void;
}

function Filter({ search, outcome, change }: FilterProps) {
  return (
    <div className="search">
      <input
        type="search"
        aria-label="Search the deployments"
        value={search}
        placeholder="Search by title, author, commit or outcome"
        onChange={({ target }) => change({ search: target.value })}
      />
      <select
        aria-label="Outcome"
        value={outcome in outcomes ? outcome : ""}
        onChange={({ target }) => change({ outcome: target.value })}
      >
        <option value="">All outcomes</option>
        {Object.keys(outcomes).map((name) => (
          <option key={name}>{name}</option>
        ))}
      </select>
    </div>
  );
}

interface RowProps {
  stage: string;
  row: DeploymentRow;
  /** `total` is -1 while there are further pages. */
  place: { index: number; start: number; total: number };
}

function Row({ stage, row, place: { index, start, total } }: RowProps) {
  const { deployment, title, author, startedAt, seconds, outcome, kind, live } = row;
  return (
    <li
      className="row"
      style={{ height: rowHeight, transform: `translateY(${start}px)` }}
      aria-setsize={total}
      aria-posinset={index + 1}
    >
      <Link href={`/${stage}/deployments/${deployment}`}>
        <code>{shortId(deployment)}</code>
        <span className="title">
          {title || "(no message)"} {live && <span className="badge ok">live</span>}
        </span>
        <Status tone={tones[kind]}>{outcome}</Status>
        <span className="quiet author">{author}</span>
        <time className="quiet" dateTime={startedAt}>
          {clockTime(startedAt)}
        </time>
        <span className="quiet seconds">{seconds === null ? "" : howLong(seconds)}</span>
      </Link>
    </li>
  );
}
