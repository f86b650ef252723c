import { describeOutcome, describeTitle, outcomeOf, type Outcome } from "../../../cli/stage/outcomes.ts";
import {
  currentRelease,
  type DeploymentItem,
  listQueue,
  pageDeployments,
  readLock,
} from "../../../cli/stage/records.ts";
import { secondsBetween } from "../../../cli/terminal/text.ts";
import type { StageContext } from "../stages.ts";

/** One line of the list. */
export interface DeploymentRow {
  deployment: string;
  commit: string;
  branch: string;
  title: string;
  author: string;
  /** What started it. */
  trigger: string;
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
  /** Empty for all. */
  kinds: readonly string[];
}

/** A search reads on until it has a page of matches. */
export async function listPage(
  { clients, stage }: StageContext,
  { start, limit, search, kinds }: PageRequest,
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
    const ofKind = all.filter(({ kind }) => kinds.length === 0 || kinds.includes(kind));
    rows.push(...ofKind.filter((row) => words.every((word) => textOf(row).includes(word))));
    next = page.next;
  } while (rows.length < limit && next !== undefined);
  return { rows, next: next ?? null };
}

const textOf = ({ deployment, commit, branch, title, author, outcome, live }: DeploymentRow) =>
  [deployment, commit, branch, title, author, outcome, live ? "live" : ""].join(" ").toLowerCase();

export function rowOf(item: DeploymentItem, outcome: Outcome, live: string | undefined): DeploymentRow {
  const { deployment, commit, branch = "", configOnly, author, requestedBy, createdAt, endedAt } = item;
  return {
    deployment,
    commit,
    branch,
    title: describeTitle(item),
    author: (configOnly ? undefined : author) ?? requestedBy?.split("/").at(-1) ?? "",
    trigger: triggerOf(item),
    startedAt: createdAt,
    seconds: endedAt === undefined ? null : secondsBetween(createdAt, endedAt),
    kind: outcome.kind,
    outcome: describeOutcome(outcome),
    live: deployment === live,
  };
}

const triggerOf = ({ requestedBy, branch }: DeploymentItem) =>
  requestedBy === undefined ? `push to ${branch ?? "the branch"}` : `request of ${requestedBy}`;
