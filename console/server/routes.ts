import * as z from "zod";
import { actions } from "./actions/index.ts";
import { RequestRefused } from "./errors.ts";
import { listAlarms } from "./queries/alarms.ts";
import { branchCommits, messageBody } from "./queries/commits.ts";
import { database, loss } from "./queries/database.ts";
import { deploymentDetail } from "./queries/deployment.ts";
import { listPage } from "./queries/deployments.ts";
import { difference } from "./queries/difference.ts";
import { glance } from "./queries/glance.ts";
import { logPage } from "./queries/logs.ts";
import { readiness } from "./queries/readiness.ts";
import { deploymentMigrations } from "./queries/migrations.ts";
import { permissions } from "./queries/permissions.ts";
import { earlierReleases } from "./queries/releases.ts";
import { receipt } from "./queries/receipt.ts";
import { traffic } from "./queries/traffic.ts";
import type { StageContext, Stages } from "./stages.ts";

interface ApiRequest {
  method: "GET" | "POST";
  url: URL;
  /** Parsed JSON of a POST. */
  body: unknown;
}

type Query = (context: StageContext, search: URLSearchParams, id: string) => Promise<unknown>;

const page = z.object({
  start: z.string().max(500).optional(),
  limit: z.coerce.number().int().min(1).max(500).default(100),
  search: z.string().max(200).default(""),
  kinds: z
    .string()
    .max(200)
    .default("")
    .transform((text) => text.split(",").filter(Boolean)),
});
const logRequest = z.object({ log: z.string().max(50), from: z.coerce.number().int().min(0).optional() });
const minutes = z.coerce.number().int().min(5).max(1440).default(60);

/** Reads, by the last parts of their path; none of them changes anything. */
const queries: Readonly<Record<string, Query>> = {
  glance: (context) => glance(context),
  deployments: (context, search) => listPage(context, parse(page, Object.fromEntries(search))),
  "deployments/:id/logs": (context, search, id) => logPage(context, id, parse(logRequest, Object.fromEntries(search))),
  "deployments/:id/message": (context, _search, id) => messageBody(context, id),
  "deployments/:id/migrations": (context, _search, id) => deploymentMigrations(context, id),
  "deployments/:id/difference": (context, _search, id) => difference(context, id),
  "deployments/:id/receipt": (context, _search, id) => receipt(context, id),
  "deployments/:id": (context, _search, id) => deploymentDetail(context, id),
  commits: (context) => branchCommits(context),
  permissions: (context) => permissions(context),
  "releases/:id/readiness": (context, _search, id) => readiness(context, id),
  releases: (context) => earlierReleases(context),
  traffic: (context, search) => traffic(context, parse(minutes, search.get("minutes") ?? undefined)),
  readiness: (context) => readiness(context),
  alarms: (context) => listAlarms(context),
  database: (context) => database(context),
  "database/loss/:id": (context, _search, id) => loss(context, id),
};
const patterns = Object.entries(queries).map(([name, query]) => ({
  pattern: new URLPattern({ pathname: `/api/stages/:stage/${name}` }),
  query,
}));
const actionPattern = new URLPattern({ pathname: "/api/stages/:stage/actions/:action" });

/** The answer to a request under `/api/stages`. */
export async function answer(stages: Stages, { method, url, body }: ApiRequest): Promise<unknown> {
  if (method === "POST") return act(stages, url, body);
  if (url.pathname === "/api/stages") return stages.names;
  for (const { pattern, query } of patterns) {
    const { stage, id = "" } = pattern.exec({ pathname: url.pathname })?.pathname.groups ?? {};
    if (stage !== undefined) return query(await stages.get(stage), url.searchParams, decodeURIComponent(id));
  }
  throw new RequestRefused(404, `There is nothing at ${url.pathname}.`);
}

async function act(stages: Stages, url: URL, body: unknown): Promise<{ message: string }> {
  const { stage = "", action = "" } = actionPattern.exec({ pathname: url.pathname })?.pathname.groups ?? {};
  const run = Object.entries(actions).find(([name]) => name === action)?.[1];
  if (!run) throw new RequestRefused(404, `There is nothing at ${url.pathname}.`);
  return { message: await run(await stages.get(stage), body) };
}

function parse<Value>(schema: z.ZodType<Value>, value: unknown): Value {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new RequestRefused(400, `The request is not valid: ${z.prettifyError(parsed.error)}`);
}
