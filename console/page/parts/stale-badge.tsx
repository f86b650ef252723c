import type { Connection } from "../changes.ts";
import { useNow } from "./use-now.ts";
import { howLong } from "../words.ts";

/** An idle stage on AWS is read every six seconds. */
const staleAfterMs = 15_000;

/** How old the data is, if the stream is down or AWS cannot be read. */
export function StaleBadge({ connection: { confirmedAt, problem } }: { connection: Connection }) {
  const now = useNow();
  const age = now - confirmedAt;
  if (problem === undefined && age < staleAfterMs)
    return (
      <output className="badge ok" aria-label="Connection">
        live
      </output>
    );
  return (
    <output className="badge warning" aria-label="Connection" title={problem}>
      {howLong(age / 1000)} old
    </output>
  );
}
