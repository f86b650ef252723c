import { howLong as howLongInHours } from "../../cli/terminal/notation.ts";
import type { DeploymentRow } from "../server/queries/deployments.ts";

export { shortId } from "../../cli/terminal/notation.ts";

const daySeconds = 86_400;

/** As in the command line, and in days from two days on. */
export function howLong(seconds: number): string {
  return Math.round(seconds) < 2 * daySeconds
    ? howLongInHours(seconds)
    : `${Math.floor(Math.round(seconds) / daySeconds)} days`;
}

/** How long something has lasted. */
export function sinceThen(iso: string, now = Date.now()): string {
  return howLong((now - Date.parse(iso)) / 1000);
}

/** In the time zone of the reader. */
export function clockTime(iso: string): string {
  return new Date(iso).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "medium" });
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
