import { type ReactNode, useId, useRef, useState } from "react";
import { useAction, usePermissions } from "../data.ts";
import type { Action } from "./actions.ts";
import { useFlash } from "./flashes.tsx";

/** What a person has chosen in the dialog; undefined while that is incomplete. */
export type Choice = Readonly<Record<string, unknown>> | undefined;

interface ActionButtonProps {
  stage: string;
  action: Action;
  /** What the dialog shows besides, or asks for. Called only while the dialog is open. */
  children?: ((choose: (choice: Choice) => void) => ReactNode) | undefined;
}

/** Says first what it will do and what it cannot undo, and asks once. Where that is impossible, it says why. */
export function ActionButton({ stage, action, children }: ActionButtonProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [isOpen, setOpen] = useState(false);
  const explanationId = useId();
  const titleId = useId();
  const { label, isDangerous, isPrimary, name } = action;
  const { data: permissions } = usePermissions(stage);
  const missing = permissions?.missing[name];
  const refusal = action.refusal ?? (missing === undefined ? undefined : `needs ${missing}`);
  const open = () => {
    setOpen(true);
    dialog.current?.showModal();
  };
  return (
    <span className="action">
      <button
        type="button"
        className={isDangerous ? "dangerous" : isPrimary ? "primary" : ""}
        aria-disabled={refusal !== undefined}
        aria-describedby={refusal === undefined ? undefined : explanationId}
        aria-haspopup="dialog"
        onClick={() => refusal === undefined && open()}
      >
        {label}
      </button>
      {refusal !== undefined && (
        <span id={explanationId} role="tooltip" className="why">
          {refusal}
        </span>
      )}
      <dialog ref={dialog} aria-labelledby={titleId} onClose={() => setOpen(false)}>
        {isOpen && (
          <ActionForm stage={stage} action={action} titleId={titleId} close={() => dialog.current?.close()}>
            {children}
          </ActionForm>
        )}
      </dialog>
    </span>
  );
}

interface ActionFormProps extends ActionButtonProps {
  titleId: string;
  close: () => void;
}

function ActionForm({ stage, action, titleId, close, children }: ActionFormProps) {
  const [reason, setReason] = useState("");
  const [choice, choose] = useState<Choice>(action.hasChoice ? undefined : {});
  const flash = useFlash();
  const { data: permissions } = usePermissions(stage);
  const { mutate, isPending } = useAction(stage);
  const {
    name,
    label,
    hasChoice,
    confirm = label,
    title = hasChoice ? label : `${label}?`,
    input,
    consequence,
    isDangerous,
    hasReason,
  } = action;
  const start = () =>
    mutate(
      { name, input: { ...input, ...choice, ...(hasReason && { reason }) } },
      {
        onSuccess: ({ message }) => flash("success", message),
        onError: ({ message }) => flash("error", message),
        onSettled: close,
      },
    );
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (choice && !isPending) start();
      }}
    >
      <h2 id={titleId}>{title}</h2>
      <p>{consequence}</p>
      {children?.(choose)}
      {hasReason && (
        <label className="field">
          Reason, for the record
          <input value={reason} maxLength={500} onChange={({ target }) => setReason(target.value)} />
        </label>
      )}
      {permissions && <p className="quiet small">Recorded as an action of {permissions.caller}</p>}
      <div className="buttons">
        <button type="button" onClick={close}>
          Cancel
        </button>
        <button type="submit" className={isDangerous ? "dangerous" : "primary"} disabled={isPending || !choice}>
          {confirm}
        </button>
      </div>
    </form>
  );
}
