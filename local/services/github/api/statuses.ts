import { z } from "zod";
import { resolveCommit } from "#local/git/index.ts";
import type { Deps } from "../deps.ts";
import { describeStatus } from "../describe.ts";
import { ApiError, endpoint, type Endpoint, parseBody } from "./route.ts";

const status = z.strictObject({
  state: z.enum(["error", "failure", "pending", "success"]),
  target_url: z.url().nullish(),
  // As GitHub: a longer description is refused.
  description: z.string().max(140).nullish(),
  context: z.string().default("default"),
});

const maxStatuses = 1000;

/** https://docs.github.com/en/rest/commits/statuses */
export function statusEndpoints({ cloud, store, repositories }: Deps): Endpoint[] {
  const statusesOf = (fullName: string, sha: string) =>
    store.statuses
      .list()
      .filter((each) => each.fullName === fullName && each.sha === sha)
      .toReversed();
  return [
    endpoint("POST /statuses/{sha}", "statuses=write", async ({ repository, segments: [sha = ""], body }) => {
      const input = parseBody(status, body);
      const { fullName } = repository;
      if ((await resolveCommit(repositories.directoryOf(repository), sha)) === undefined)
        throw new ApiError(422, `No commit found for SHA: ${sha}`);
      if (statusesOf(fullName, sha).filter(({ context }) => context === input.context).length >= maxStatuses)
        throw new ApiError(422, "Validation Failed: This SHA and context has reached the maximum number of statuses.");
      const saved = store.statuses.save({
        id: store.nextId(),
        fullName,
        sha,
        state: input.state,
        context: input.context,
        description: input.description ?? null,
        targetUrl: input.target_url ?? null,
        createdAt: cloud.clock.now(),
      });
      return { status: 201, body: describeStatus(cloud, saved) };
    }),
    endpoint("GET /commits/{ref}/statuses", "statuses=read", async ({ repository, segments: [ref = ""] }) => {
      const sha = await resolveCommit(repositories.directoryOf(repository), ref);
      if (sha === undefined) throw new ApiError(422, `No commit found for SHA: ${ref}`);
      return { status: 200, body: statusesOf(repository.fullName, sha).map((each) => describeStatus(cloud, each)) };
    }),
  ];
}
