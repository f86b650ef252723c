import { useId, useRef, useState } from "react";
import { useAction } from "../data.ts";
import type { Action } from "./actions.ts";
import { useFlash } from "./flashes.tsx";

/** Says first what it will do and what it cannot undo, and asks once. */
export function ActionButton({ stage, action }: { stage: string; action: Action }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [reason, setReason] = useState("");
  const flash = useFlash();
  const titleId = useId();
  const explanationId = useId();
  const { mutate, isPending } = useAction(stage);
  const { name, label, input, consequence, refusal, isDangerous, hasReason } = action;
  const start = () =>
    mutate(
      { name, input: hasReason ? { ...input, reason } : input },
      {
        onSuccess: ({ message }) => flash("success", message),
        onError: ({ message }) => flash("error", message),
        onSettled: () => dialog.current?.close(),
      },
    );
  return (
    <>
      <button
        type="button"
        className={isDangerous ? "dangerous" : ""}
        aria-disabled={refusal !== undefined}
        title={refusal}
        aria-describedby={refusal === undefined ? undefined : explanationId}
        onClick={() => refusal === undefined && dialog.current?.showModal()}
      >
        {label}
      </button>
      {refusal !== undefined && (
        <span id={explanationId} className="hidden">
          {refusal}
        </span>
      )}
      <dialog ref={dialog} aria-labelledby={titleId}>
        <h2 id={titleId}>{label}?</h2>
        <p>{consequence}</p>
        {hasReason && (
          <label>
            Reason, for the record
            <input value={reason} maxLength={500} onChange={({ target }) => setReason(target.value)} />
          </label>
        )}
        <div className="buttons">
          <button type="button" onClick={() => dialog.current?.close()}>
            Cancel
          </button>
          <button type="button" className={isDangerous ? "dangerous" : "primary"} disabled={isPending} onClick={start}>
            {label}
          </button>
        </div>
      </dialog>
    </>
  );
}
