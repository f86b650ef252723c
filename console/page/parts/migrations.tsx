import type { PendingMigration } from "../../server/queries/migrations.ts";
import { useMigrations } from "../data.ts";
import type { Tone } from "../words.ts";
import { Problem } from "./problem.tsx";
import { Status } from "./status.tsx";

/** The migrations of a deployment: their SQL, and what the build's lint says of it. */
export function Migrations({ stage, id }: { stage: string; id: string }) {
  const { data, error } = useMigrations(stage, id);
  if (error) return <Problem error={error} />;
  if (!data) return <p className="quiet">Reading the migrations …</p>;
  if (data.length === 0) return <p className="quiet">No migration is pending.</p>;
  return (
    <ul className="migrations">
      {data.map((migration) => (
        <Migration key={migration.name} migration={migration} />
      ))}
    </ul>
  );
}

/** Of a longer file only the name is shown at first. */
const shownLines = 30;

const tones: Readonly<Record<PendingMigration["findings"][number]["kind"], Tone>> = {
  destructive: "bad",
  locking: "warning",
  note: "quiet",
};

function Migration({ migration: { name, file, text, findings, moreFindings } }: { migration: PendingMigration }) {
  return (
    <li>
      <h3>{name}</h3>
      {findings.length === 0 && moreFindings === 0 && text !== null && <Status tone="ok">no lint findings</Status>}
      <ul className="findings">
        {findings.map(({ line, what, kind, why, instead }) => (
          <li key={`${line} ${what}`}>
            <Status tone={tones[kind]}>{kind}</Status> line {line}: {what}: {why}. {instead}
          </li>
        ))}
        {moreFindings > 0 && <li className="warning">{moreFindings} more findings, listed in the log of Build</li>}
      </ul>
      {text === null ? (
        <p className="quiet">Its file was not found in the repository; a compiled migration is not in it.</p>
      ) : (
        <details open={text.split("\n").length <= shownLines}>
          <summary>{file}</summary>
          <pre className="source" tabIndex={0}>
            {text}
          </pre>
        </details>
      )}
    </li>
  );
}
