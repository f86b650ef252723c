import { z } from "zod";
import type { Deps } from "../deps.ts";
import { describeDelivery, describeHook } from "../describe.ts";
import type { HookRecord, RepositoryRecord } from "../store.ts";
import { ApiError, type ApiRequest, endpoint, type Endpoint, notFound, parseBody } from "./route.ts";

const config = z.strictObject({
  url: z.url(),
  content_type: z.enum(["json", "form"]).default("form"),
  secret: z.string().optional(),
  insecure_ssl: z.union([z.string(), z.number()]).transform(String).default("0"),
});
const events = z.array(z.string()).min(1);
const creation = z.strictObject({
  name: z.literal("web").optional(),
  config,
  events: events.default(["push"]),
  active: z.boolean().default(true),
});
const change = z.strictObject({ config: config.optional(), events: events.optional(), active: z.boolean().optional() });

/** https://docs.github.com/en/rest/repos/webhooks */
export const hookEndpoints = (deps: Deps): Endpoint[] => [...configurationEndpoints(deps), ...deliveryEndpoints(deps)];

const write = "repository_hooks=write";
const read = "repository_hooks=read";

const hooksOf = ({ store }: Deps, { fullName }: RepositoryRecord) =>
  store.hooks.list().filter((hook) => hook.fullName === fullName);

function findHook(deps: Deps, { repository, segments }: ApiRequest): HookRecord {
  const hook = hooksOf(deps, repository).find(({ id }) => String(id) === segments[0]);
  if (!hook) throw notFound();
  return hook;
}

function configurationEndpoints(deps: Deps): Endpoint[] {
  const { cloud, store, deliveries } = deps;
  return [
    endpoint("GET /hooks", read, ({ repository }) => ({
      status: 200,
      body: hooksOf(deps, repository).map((hook) => describeHook(cloud, hook)),
    })),
    endpoint("POST /hooks", write, ({ repository, body }) => {
      const { name: _web, ...fields } = parseBody(creation, body);
      if (hooksOf(deps, repository).some(({ config }) => config.url === fields.config.url))
        throw new ApiError(422, "Validation Failed: Hook already exists on this repository");
      const [id, now] = [store.nextId(), cloud.clock.now()];
      const lastResponse = { code: null, status: "unused", message: null };
      const { fullName } = repository;
      const hook = store.hooks.save({ id, fullName, ...fields, createdAt: now, updatedAt: now, lastResponse });
      deliveries.addPing(hook);
      return { status: 201, body: describeHook(cloud, hook) };
    }),
    endpoint("GET /hooks/{hook_id}", read, (request) => ({
      status: 200,
      body: describeHook(cloud, findHook(deps, request)),
    })),
    endpoint("PATCH /hooks/{hook_id}", write, (request) => {
      const input = parseBody(change, request.body);
      const hook = findHook(deps, request);
      // As GitHub: a `config` replaces the whole configuration.
      const saved = store.hooks.save({
        ...hook,
        config: input.config ?? hook.config,
        events: input.events ?? hook.events,
        active: input.active ?? hook.active,
        updatedAt: cloud.clock.now(),
      });
      return { status: 200, body: describeHook(cloud, saved) };
    }),
    endpoint("DELETE /hooks/{hook_id}", write, (request) => {
      store.hooks.delete(store.key(findHook(deps, request).id));
      return { status: 204 };
    }),
  ];
}

function deliveryEndpoints(deps: Deps): Endpoint[] {
  const { store, deliveries } = deps;
  const deliveriesOf = ({ id }: HookRecord) => store.deliveries.list().filter(({ hookId }) => hookId === id);
  return [
    endpoint("POST /hooks/{hook_id}/pings", read, (request) => {
      deliveries.addPing(findHook(deps, request));
      return { status: 204 };
    }),
    endpoint("GET /hooks/{hook_id}/deliveries", read, (request) => ({
      status: 200,
      body: deliveriesOf(findHook(deps, request)).toReversed().map(describeDelivery),
    })),
    endpoint("POST /hooks/{hook_id}/deliveries/{delivery_id}/attempts", write, (request) => {
      const delivery = deliveriesOf(findHook(deps, request)).find(({ id }) => String(id) === request.segments[1]);
      if (!delivery) throw notFound();
      deliveries.redeliver(delivery);
      return { status: 202, body: {} };
    }),
  ];
}
