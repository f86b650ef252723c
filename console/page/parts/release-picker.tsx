import { useId, useState } from "react";
import type { EarlierRelease } from "../../server/queries/releases.ts";
import { useReleases } from "../data.ts";
import { clockTime, howLong } from "../words.ts";
import type { Choice } from "./action-button.tsx";
import { Problem } from "./problem.tsx";
import { ReleaseReadiness } from "./readiness.tsx";

/** The earlier releases by the time in which they were live, the newest first. */
export function ReleasePicker({ stage, choose }: { stage: string; choose: (choice: Choice) => void }) {
  const { data, error } = useReleases(stage);
  const [chosen, setChosen] = useState<string>();
  const name = useId();
  if (error) return <Problem error={error} />;
  if (!data) return <p className="quiet">Reading the releases …</p>;
  if (data.refusal !== null) return <p className="notice bad">{data.refusal}</p>;
  if (data.releases.length === 0) return <p className="empty">There is no earlier release.</p>;
  return (
    <fieldset className="choices">
      <legend>Release</legend>
      {data.releases.map((release) => (
        <label key={release.deployment} className="choice">
          <input
            type="radio"
            name={name}
            checked={chosen === release.deployment}
            onChange={() => {
              setChosen(release.deployment);
              choose({ id: release.deployment });
            }}
          />
          <Release stage={stage} release={release} />
        </label>
      ))}
    </fieldset>
  );
}

function Release({ stage, release }: { stage: string; release: EarlierRelease }) {
  const { deployment, commit, title, liveFrom, liveUntil, withdrawnAt } = release;
  const seconds = (Date.parse(liveUntil) - Date.parse(liveFrom)) / 1000;
  return (
    <span>
      <span className="title">{title || "(no message)"}</span>
      <span className="quiet small">
        <code>{commit.slice(0, 8)}</code> live from {clockTime(liveFrom)} for {howLong(seconds)}
      </span>
      {withdrawnAt && <span className="small warning">was rolled back at {clockTime(withdrawnAt)}</span>}
      <ReleaseReadiness stage={stage} id={deployment} />
    </span>
  );
}
