import { describeOutcome, outcomeOf, type Outcome } from "../../../cli/stage/outcomes.ts";
import {
  currentRelease,
  type DeploymentItem,
  listQueue,
  pageDeployments,
  readLock,
} from "../../../cli/stage/records.ts";
import { secondsBetween, titleOf } from "../../../cli/terminal/text.ts";
import type { StageContext } from "../stages.ts";

/** One line of the list. */
export interface DeploymentRow {
  deployment: string;
  commit: string;
  branch: string;
  title: string;
  author: string;
  startedAt: string;
  seconds: number | null;
  kind: Outcome["kind"];
  /** In the words of the command line. */
  outcome: string;
  live: boolean;
}

export interface DeploymentPage {
  rows: DeploymentRow[];
  /** Where the next page starts; null at the end. */
  next: string | null;
}

interface PageRequest {
  start?: string | undefined;
  limit: number;
  /** Words of a title, author, commit, branch or outcome, without regard to case. */
  search: string;
}

/** A search reads on until it has a page of matches. */
export async function listPage(
  { clients, stage }: StageContext,
  { start, limit, search }: PageRequest,
): Promise<DeploymentPage> {
  const [live, lock, queue] = await Promise.all([
    currentRelease(clients, stage),
    readLock(clients, stage),
    listQueue(clients, stage),
  ]);
  const state = { live: live?.deployment, lock, queue };
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  const rows: DeploymentRow[] = [];
  let next = start;
  do {
    const page = await pageDeployments(clients, stage, { limit: limit - rows.length, start: next });
    const all = page.items.map((item) => rowOf(item, outcomeOf(item, state), live?.deployment));
    rows.push(...all.filter((row) => words.every((word) => textOf(row).includes(word))));
    next = page.next;
  } while (rows.length < limit && next !== undefined);
  return { rows, next: next ?? null };
}

const textOf = ({ deployment, commit, branch, title, author, outcome, live }: DeploymentRow) =>
  [deployment, commit, branch, title, author, outcome, live ? "live" : ""].join(" ").toLowerCase();

export function rowOf(item: DeploymentItem, outcome: Outcome, live: string | undefined): DeploymentRow {
  const { deployment, commit, branch = "", message, author, requestedBy, createdAt, endedAt } = item;
  return {
    deployment,
    commit,
    branch,
    title: titleOf(message),
    author: author ?? requestedBy?.split("/").at(-1) ?? "",
    startedAt: createdAt,
    seconds: endedAt === undefined ? null : secondsBetween(createdAt, endedAt),
    kind: outcome.kind,
    outcome: describeOutcome(outcome),
    live: deployment === live,
  };
}
