import { useId, useRef, useState } from "react";
import { Link } from "wouter";
import { useAction, useDatabase, useLoss } from "../data.ts";
import { useFlash } from "../parts/flashes.tsx";
import { Problem } from "../parts/problem.tsx";
import { Status } from "../parts/status.tsx";
import { clockTime, shortId } from "../words.ts";

/** The snapshots, and a restore of one of them. */
export function Database({ stage }: { stage: string }) {
  const { data, error } = useDatabase(stage);
  if (error) return <Problem error={error} />;
  if (!data) return <p className="quiet">Loading …</p>;
  return (
    <section aria-label="Snapshots">
      <h2>Snapshots</h2>
      {data.snapshots.length === 0 && (
        <p className="empty">There are no snapshots. A deployment with migrations takes one first.</p>
      )}
      <ul className="snapshots">
        {data.snapshots.map(({ snapshot, status, takenAt, deployment }) => (
          <li key={snapshot} className="card">
            <code>{snapshot}</code>
            <span>{takenAt ? clockTime(takenAt) : <Status tone="busy">{status}</Status>}</span>
            <span>
              {deployment ? (
                <>
                  before <Link href={`/${stage}/deployments/${deployment.id}`}>{shortId(deployment.id)}</Link>{" "}
                  {deployment.status}
                </>
              ) : (
                <span className="quiet">not taken by a known deployment</span>
              )}
            </span>
            <Restore stage={stage} snapshot={snapshot} />
          </li>
        ))}
      </ul>
    </section>
  );
}

/** Shows the data loss first, and asks by the name of the stage. */
function Restore({ stage, snapshot }: { stage: string; snapshot: string }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [isOpen, setOpen] = useState(false);
  const titleId = useId();
  return (
    <>
      <button
        type="button"
        className="dangerous"
        onClick={() => {
          setOpen(true);
          dialog.current?.showModal();
        }}
      >
        Restore
      </button>
      <dialog ref={dialog} aria-labelledby={titleId} onClose={() => setOpen(false)}>
        <h2 id={titleId}>Restore {snapshot}?</h2>
        {isOpen && <RestoreForm stage={stage} snapshot={snapshot} close={() => dialog.current?.close()} />}
      </dialog>
    </>
  );
}

function RestoreForm({ stage, snapshot, close }: { stage: string; snapshot: string; close: () => void }) {
  const { data, error } = useLoss(stage, snapshot);
  const { mutate, isPending } = useAction(stage);
  const flash = useFlash();
  const [name, setName] = useState("");
  const [withRollback, setWithRollback] = useState(false);
  if (error) return <Problem error={error} />;
  if (!data) return <p className="quiet">Reading what would be lost …</p>;
  const isPossible = data.refusal === null || (withRollback && data.fitting !== null);
  const start = () =>
    mutate(
      { name: "restore", input: { snapshot, stage: name, withRollback } },
      {
        onSuccess: ({ message }) => flash("success", message),
        onError: ({ message }) => flash("error", message),
        onSettled: close,
      },
    );
  return (
    <>
      <pre>{data.description}</pre>
      {data.refusal && <pre className="bad">{data.refusal}</pre>}
      {data.fitting && (
        <label className="check">
          <input type="checkbox" checked={withRollback} onChange={({ target }) => setWithRollback(target.checked)} />
          Also roll back to {shortId(data.fitting)}, which runs on the schema of the snapshot
        </label>
      )}
      <label className="field">
        Type <strong>{stage}</strong> to accept this loss
        <input value={name} autoComplete="off" onChange={({ target }) => setName(target.value)} />
      </label>
      <div className="buttons">
        <button type="button" onClick={close}>
          Cancel
        </button>
        <button
          type="button"
          className="dangerous"
          disabled={!isPossible || name !== stage || isPending}
          onClick={start}
        >
          Restore
        </button>
      </div>
    </>
  );
}
