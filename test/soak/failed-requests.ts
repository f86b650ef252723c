import type { Deployment } from "./deployment.ts";
import type { Kill } from "./kill.ts";
import { kinds, type Victim, victims } from "./victims.ts";

/** Longest time from a kill, or from the restart of the control plane, until the part serves again. */
const recoveryMs = 15_000;

export interface VictimRow {
  readonly victim: Victim;
  readonly kills: number;
  readonly failed: number;
  /** From a kill until its last failed request. */
  readonly longestMs: number;
}

/** Failed requests by the victim of the kill that caused them; those of no kill are unexplained. */
export function failedRequests(deployments: readonly Deployment[]) {
  const blamed = deployments.flatMap(({ commit, kills, visits }) =>
    visits.failures
      .filter(({ release }) => release !== commit)
      .map((failure) => ({ failure, kill: kills.findLast((kill) => isCause(kill, failure)) })),
  );
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

function isCause({ victim, at, restart }: Kill, failure: { began: number; at: number }): boolean {
  return kinds[victim].serves && at <= failure.at && failure.began <= (restart?.readyAt ?? at) + recoveryMs;
}
