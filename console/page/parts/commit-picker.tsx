import { useEffect, useId, useState } from "react";
import { useCommits } from "../data.ts";
import type { Choice } from "./action-button.tsx";
import { Problem } from "./problem.tsx";

/** A commit of the stage's branch, or another branch, tag or commit by its name. */
export function CommitPicker({ stage, choose }: { stage: string; choose: (choice: Choice) => void }) {
  const { data, error } = useCommits(stage);
  const [ref, setRef] = useState("");
  const name = useId();
  useEffect(() => choose(ref.trim() === "" ? undefined : { ref: ref.trim() }), [ref, choose]);
  return (
    <>
      {error && <Problem error={error} />}
      {!data && !error && <p className="quiet">Reading the commits …</p>}
      {data && (
        <fieldset className="choices">
          <legend>The newest commits of {data.branch}</legend>
          {data.commits.map(({ commit, title, author, outcome, live }) => (
            <label key={commit} className="choice">
              <input type="radio" name={name} checked={ref === commit} onChange={() => setRef(commit)} />
              <span>
                <span className="title">{title || "(no message)"}</span>
                <span className="quiet small">
                  <code>{commit.slice(0, 8)}</code> {author} · {live ? "live" : (outcome ?? "never deployed")}
                </span>
              </span>
            </label>
          ))}
        </fieldset>
      )}
      <label className="field">
        Or another branch, tag or commit
        <input
          value={data?.commits.some(({ commit }) => commit === ref) ? "" : ref}
          autoComplete="off"
          spellCheck={false}
          maxLength={200}
          onChange={({ target }) => setRef(target.value)}
        />
      </label>
    </>
  );
}
