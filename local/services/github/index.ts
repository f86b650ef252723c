import { z } from "zod";
import type { Cloud, StandIn } from "#local/cloud/index.ts";
import { changedReferences, createRepositories } from "#local/git/index.ts";
import { contentEndpoints } from "./api/content.ts";
import { deploymentEndpoints } from "./api/deployments.ts";
import { hookEndpoints } from "./api/hooks.ts";
import { ApiError, createApiRoute, parseBody, type Reply } from "./api/route.ts";
import { statusEndpoints } from "./api/statuses.ts";
import { createDeliveries } from "./deliveries.ts";
import type { Deps } from "./deps.ts";
import { describeRepository } from "./describe.ts";
import { createGitRoute } from "./git-route.ts";
import { openStore, type RepositoryRecord } from "./store.ts";

/** A stand-in of GitHub: git over HTTP, webhooks, and the part of the REST API that the pipeline uses. */
export function github(cloud: Cloud): StandIn {
  const store = openStore(cloud);
  const directoryOf = (repository: RepositoryRecord) => repositories.directoryOf(repository);
  const deliveries = createDeliveries(cloud, store, directoryOf);
  const repositories = createRepositories<RepositoryRecord>({
    root: cloud.directory("github"),
    store: cloud.store,
    announced: store.announced,
    announce(repository, change, by = "lockstep") {
      for (const reference of changedReferences(change)) {
        const { [reference]: before } = change.before;
        const { [reference]: after } = change.after;
        deliveries.addPush(repository, { reference, before, after, by });
      }
    },
  });
  const deps: Deps = { cloud, store, repositories, deliveries };
  const endpoints = [
    ...contentEndpoints(deps),
    ...hookEndpoints(deps),
    ...statusEndpoints(deps),
    ...deploymentEndpoints(deps),
  ];
  return {
    routes: {
      "/github/": createGitRoute(deps),
      "/github-api/": createApiRoute(deps, endpoints, (owner, body) => createRepository(deps, owner, body)),
    },
    async start() {
      await repositories.announceMissed(store.repositories.list());
      deliveries.start();
    },
    stop: () => deliveries.settled(),
  };
}

const creation = z.strictObject({ name: z.string().regex(/^[\w.-]{1,100}$/), private: z.boolean().default(false) });

/** https://docs.github.com/en/rest/repos/repos#create-an-organization-repository. Every organization exists here. */
async function createRepository(deps: Deps, owner: string, body: unknown): Promise<Reply> {
  const { cloud, store, repositories } = deps;
  const { name, private: isPrivate } = parseBody(creation, body);
  const fullName = `${owner}/${name}`;
  if (store.repositories.get(fullName.toLowerCase()))
    throw new ApiError(422, "Repository creation failed: name already exists on this account");
  const number = store.nextId();
  const repository = { id: cloud.ids.uuid(), number, fullName, private: isPrivate, createdAt: cloud.clock.now() };
  await repositories.create(repository);
  store.repositories.save(repository);
  return { status: 201, body: describeRepository(cloud, repository, "main") };
}
