import { describeOutcome, outcomeOf, type Outcome } from "../../../cli/stage/outcomes.ts";
import {
  currentRelease,
  type DeploymentItem,
  listDeployments,
  listQueue,
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
  next: number | null;
  total: number;
}

interface PageRequest {
  start: number;
  limit: number;
  /** Part of a title, author, commit or outcome, without regard to case. */
  search: string;
}

export async function listPage(
  { clients, stage }: StageContext,
  { start, limit, search }: PageRequest,
): Promise<DeploymentPage> {
  const [items, live, lock, queue] = await Promise.all([
    listDeployments(clients, stage, Number.POSITIVE_INFINITY),
    currentRelease(clients, stage),
    readLock(clients, stage),
    listQueue(clients, stage),
  ]);
  const state = { live: live?.deployment, lock, queue };
  const rows = items.map((item) => rowOf(item, outcomeOf(item, state), live?.deployment));
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  const matches = words.length === 0 ? rows : rows.filter((row) => words.every((word) => textOf(row).includes(word)));
  const end = start + limit;
  return { rows: matches.slice(start, end), next: end < matches.length ? end : null, total: matches.length };
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
