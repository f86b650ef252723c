import type { Deployment } from "./deployment.ts";
import type { Visits } from "../matrix/visitors.ts";
import type { Kill } from "./kill.ts";
import { kinds, type Victim, victims } from "./victims.ts";

/** Within this time after a kill, or after the restart of the control plane, users notice that a part is missing. */
export const noticeMs = 15_000;
/** Failed requests follow one another as long as a part is missing: a longer pause ends the outage. */
const pauseMs = 2_000;

type Failure = Visits["failures"][number];

export interface VictimRow {
  readonly victim: Victim;
  readonly kills: number;
  readonly failed: number;
  /** From a kill until its last failed request. */
  readonly longestMs: number;
}

/** Failed requests, without the errors of broken releases, by the victim of the kill that caused them; those of no kill are unexplained. */
export function failedRequests(deployments: readonly Deployment[]) {
  const blamed = deployments.flatMap(causes);
  const kills = deployments.flatMap((deployment) => deployment.kills);
  const rows = victims.map((victim): VictimRow => {
    const own = blamed.filter(({ kill }) => kill?.victim === victim);
    const durations = own.map(({ failure, kill }) => failure.at - (kill?.at ?? failure.at));
    return {
      victim,
      kills: kills.filter((kill) => kill.victim === victim).length,
      failed: own.length,
      longestMs: Math.max(0, ...durations),
    };
  });
  return { rows, unexplained: blamed.flatMap(({ failure, kill }) => (kill ? [] : [failure])) };
}

function causes({
  release: { broken },
  commit,
  kills,
  visits,
}: Deployment): { failure: Failure; kill: Kill | undefined }[] {
  const outages = kills
    .filter(({ victim }) => kinds[victim].serves)
    .map((kill) => ({ kill, until: (kill.restart?.readyAt ?? kill.at) + noticeMs }));
  const failures = visits.failures
    .filter(({ release }) => !broken || release !== commit)
    .toSorted((a, b) => a.began - b.began);
  return failures.map((failure) => {
    const outage = outages.findLast(({ kill, until }) => kill.at <= failure.at && failure.began <= until);
    if (outage) outage.until = Math.max(outage.until, failure.at + pauseMs);
    return { failure, kill: outage?.kill };
  });
}
