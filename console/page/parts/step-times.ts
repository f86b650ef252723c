import type { ExecutionHistory, StepAttempt, StepHistory } from "../../server/queries/steps.ts";

type Times = Pick<StepAttempt, "startedAt" | "endedAt">;

/** Until now, if it runs. */
export const secondsOf = ({ startedAt, endedAt }: Times, now = Date.now()) =>
  ((endedAt === null ? now : Date.parse(endedAt)) - Date.parse(startedAt)) / 1000;

/** Seconds in which nothing ran: from the failure of each attempt to its redrive. */
export function idleSeconds({ steps, redrivenAt }: Pick<ExecutionHistory, "steps" | "redrivenAt">): number {
  const ends = steps.flatMap(({ attempts }) => attempts.flatMap(({ endedAt }) => endedAt ?? []));
  const gaps = redrivenAt.map((at) => {
    const last = ends
      .filter((end) => end <= at)
      .toSorted()
      .at(-1);
    return last === undefined ? 0 : (Date.parse(at) - Date.parse(last)) / 1000;
  });
  return gaps.reduce((sum, gap) => sum + gap, 0);
}

/** Seconds between an attempt and the one before it; undefined if it followed at once. */
export function gapBefore({ attempts }: Pick<StepHistory, "attempts">, index: number): number | undefined {
  const [before, attempt] = [attempts[index - 1], attempts[index]];
  if (!attempt || !before?.endedAt) return undefined;
  const seconds = (Date.parse(attempt.startedAt) - Date.parse(before.endedAt)) / 1000;
  return seconds >= 1 ? seconds : undefined;
}

/** Against the median of earlier deployments; a second more or less says nothing. */
export function compareToMedian(
  seconds: number,
  median: number | undefined,
): "slower" | "faster" | "usual" | undefined {
  if (median === undefined) return undefined;
  if (seconds > 1.5 * median + 2) return "slower";
  return seconds < median / 1.5 - 2 ? "faster" : "usual";
}
