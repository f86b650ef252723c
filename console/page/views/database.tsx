import { useEffect, useState } from "react";
import { Link } from "wouter";
import type { DatabaseView } from "../../server/queries/database.ts";
import { useDatabase, useLoss } from "../data.ts";
import { ActionButton, type Choice } from "../parts/action-button.tsx";
import { Migrations } from "../parts/migrations.tsx";
import { Problem } from "../parts/problem.tsx";
import { restoreOf } from "../parts/stage-actions.ts";
import { Status } from "../parts/status.tsx";
import { clockTime, shortId, sinceThen } from "../words.ts";

/** Migrations that are pending, the snapshots, and a restore of one of them. */
export function Database({ stage }: { stage: string }) {
  const { data, error } = useDatabase(stage);
  if (error) return <Problem error={error} />;
  if (!data) return <p className="quiet">Loading …</p>;
  return (
    <>
      <Pending stage={stage} pending={data.pending} />
      <section aria-label="Snapshots">
        <h2>Snapshots</h2>
        {data.snapshots.length === 0 && (
          <p className="empty">There are no snapshots. A deployment with migrations takes one first.</p>
        )}
        <ul className="snapshots">
          {data.snapshots.map((snapshot) => (
            <Snapshot key={snapshot.snapshot} stage={stage} snapshot={snapshot} />
          ))}
        </ul>
      </section>
    </>
  );
}

function Pending({ stage, pending }: { stage: string; pending: DatabaseView["pending"] }) {
  return (
    <section aria-label="Pending migrations" className="card pending">
      <h2>Pending migrations</h2>
      {pending === null && <p className="quiet">The database has all migrations of the newest planned deployment.</p>}
      {pending && (
        <>
          <p>
            of <Link href={`/${stage}/deployments/${pending.deployment}`}>{shortId(pending.deployment)}</Link>{" "}
            {pending.title}
          </p>
          <Migrations stage={stage} id={pending.deployment} />
        </>
      )}
    </section>
  );
}

interface SnapshotProps {
  stage: string;
  snapshot: DatabaseView["snapshots"][number];
}

function Snapshot({ stage, snapshot: { snapshot, status, takenAt, deployment } }: SnapshotProps) {
  return (
    <li className="card snapshot">
      <div>
        <code>{snapshot}</code>
        <p className="quiet small">
          {takenAt ? `taken ${clockTime(takenAt)}, ${sinceThen(takenAt)} ago, ` : <Status tone="busy">{status}</Status>}{" "}
          {deployment ? (
            <>
              before <Link href={`/${stage}/deployments/${deployment.id}`}>{shortId(deployment.id)}</Link>{" "}
              {deployment.status}
            </>
          ) : (
            "not by a known deployment"
          )}
        </p>
      </div>
      <Restore stage={stage} snapshot={snapshot} />
    </li>
  );
}

/** Shows the data loss first, and asks by the name of the stage. */
function Restore({ stage, snapshot }: { stage: string; snapshot: string }) {
  return (
    <ActionButton stage={stage} action={restoreOf(snapshot)}>
      {(choose) => <Loss stage={stage} snapshot={snapshot} choose={choose} />}
    </ActionButton>
  );
}

interface LossProps {
  stage: string;
  snapshot: string;
  choose: (choice: Choice) => void;
}

function Loss({ stage, snapshot, choose }: LossProps) {
  const { data, error } = useLoss(stage, snapshot);
  const [name, setName] = useState("");
  const [withRollback, setWithRollback] = useState(false);
  const isPossible = data !== undefined && (data.refusal === null || (withRollback && data.fitting !== null));
  const isAccepted = isPossible && name === stage;
  useEffect(() => choose(isAccepted ? { stage, withRollback } : undefined), [isAccepted, stage, withRollback, choose]);
  if (error) return <Problem error={error} />;
  if (!data) return <p className="quiet">Reading what would be lost …</p>;
  return (
    <>
      <dl className="loss">
        {data.rows.map(([name, text]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{text}</dd>
          </div>
        ))}
      </dl>
      {data.refusal && <p className="notice bad">{data.refusal}</p>}
      {data.fitting && (
        <label>
          <input type="checkbox" checked={withRollback} onChange={({ target }) => setWithRollback(target.checked)} />{" "}
          Also roll back to {shortId(data.fitting)}, which runs on the schema of the snapshot
        </label>
      )}
      <label className="field">
        <span>
          Type <strong>{stage}</strong> to accept this loss
        </span>
        <input value={name} autoComplete="off" onChange={({ target }) => setName(target.value)} />
      </label>
    </>
  );
}
