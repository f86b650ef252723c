import { checks, type ReadinessDeps, type Verdict } from "./checks.ts";
import { earlierGoodRelease, type Release, type RollbackFacts } from "./facts.ts";

export interface Check extends Verdict {
  readonly name: string;
}

/** Whether the stage can go back to the release before the live one. */
export interface Readiness {
  /** `unknown` if a check could not be made. */
  readonly state: "ready" | "not ready" | "unknown";
  /** The release that a rollback goes to; null if there is none. */
  readonly to: { readonly deployment: string; readonly commit: string } | null;
  readonly checks: readonly Check[];
}

/** Reads only, for the release before the live one or for another. Undefined before the first release. */
export async function assessReadiness(
  deps: ReadinessDeps,
  facts: RollbackFacts,
  other?: Release,
): Promise<Readiness | undefined> {
  const { live, releases } = facts;
  if (!live) return undefined;
  const to = other ?? earlierGoodRelease(releases, live.deployment);
  if (!to) {
    const detail =
      "There is no good release before the live one. After the next release, a rollback returns to this one";
    return { state: "not ready", to: null, checks: [{ name: "Release", result: "failed", detail }] };
  }
  const { deployment, commit } = to;
  const release: Check = { name: "Release", result: "ok", detail: `${commit.slice(0, 8)}, which was live before` };
  const results = await Promise.all(
    Object.entries(checks).map(async ([name, check]): Promise<Check> => {
      const verdict = await check({ deps, facts, to }).catch(notRead);
      return { name, ...verdict };
    }),
  );
  return { state: stateOf(results), to: { deployment, commit }, checks: [release, ...results] };
}

/** They stop no rollback. */
const advisory: readonly string[] = ["Alarms", "Snapshots"];

function stateOf(results: readonly Check[]): Readiness["state"] {
  if (results.some(({ result }) => result === "failed")) return "not ready";
  const isUnknown = results.some(({ name, result }) => result === "unknown" && !advisory.includes(name));
  return isUnknown ? "unknown" : "ready";
}

function notRead(error: unknown): Verdict {
  const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return { result: "unknown", detail: `could not be checked: ${reason}` };
}

/** Why it is not ready, one line each. */
export function reasonsOf({ checks }: Readiness): string[] {
  return checks.filter(({ result }) => result === "failed").map(({ detail }) => detail);
}
