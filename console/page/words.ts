import type { DeploymentRow } from "../server/queries/deployments.ts";

/** 4.2 becomes `4 s`, 90 `1 min 30 s`, 7320 `2 h 2 min`, as in the command line. */
export function howLong(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  if (whole < 172_800) return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
  return `${Math.floor(whole / 86_400)} days`;
}

export function ago(iso: string, now = Date.now()): string {
  return `${howLong((now - Date.parse(iso)) / 1000)} ago`;
}

/** In the time zone of the reader. */
export function clockTime(iso: string): string {
  return new Date(iso).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "medium" });
}

/** As in the command line: the commit, and the start of what is different for each deployment of it. */
export function shortId(deployment: string): string {
  const [commit = "", ...rest] = deployment.split("-");
  return rest.length === 0 ? commit : `${commit}-${rest.join("-").slice(0, 4)}`.replace(/-$/, "");
}

export type Tone = "ok" | "busy" | "bad" | "warning" | "quiet";

/** Colours say no more than the words beside them. */
export const tones: Readonly<Record<DeploymentRow["kind"], Tone>> = {
  deployed: "ok",
  superseded: "quiet",
  failed: "bad",
  refused: "quiet",
  "rollback pending": "warning",
  "rolling back": "warning",
  "rolled back": "warning",
  "rollback failed": "bad",
  running: "busy",
  waiting: "busy",
  held: "warning",
  "awaiting approval": "warning",
};
