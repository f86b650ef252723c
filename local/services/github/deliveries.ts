import { createHmac } from "node:crypto";
import { createDriver, type Cloud } from "#local/cloud/index.ts";
import type { DeliveryRecord, HookRecord, ReferenceChange, RepositoryRecord, Store } from "./store.ts";
import { pingPayload, pushPayload } from "./payloads.ts";

/** Sends events to webhooks, once each: as GitHub, a failed delivery is repeated only on request. */
export interface Deliveries {
  /** For the hooks of a repository that subscribe to pushes. */
  addPush(repository: RepositoryRecord, change: ReferenceChange): void;
  addPing(hook: HookRecord): void;
  redeliver(delivery: DeliveryRecord): DeliveryRecord;
  /** Sends what an earlier control plane has not sent. */
  start(): void;
  settled(): Promise<void>;
}

/** https://docs.github.com/en/webhooks/using-webhooks/best-practices-for-using-webhooks: GitHub waits 10 seconds. */
const timeoutMilliseconds = 10_000;

export function createDeliveries(
  cloud: Cloud,
  store: Store,
  directoryOf: (repository: RepositoryRecord) => string,
): Deliveries {
  const driver = createDriver({
    cloud,
    name: "webhook deliveries",
    async step(key) {
      const delivery = store.deliveries.get(key);
      const hook = delivery && store.hooks.get(store.key(delivery.hookId));
      if (!delivery || delivery.result || !hook) return "done";
      const repository = store.repositories.get(hook.fullName.toLowerCase());
      if (!repository) return "done";
      const body = delivery.body ?? (await bodyOf(delivery, { cloud, hook, repository, directoryOf }));
      store.deliveries.save({ ...delivery, body });
      const result = await send(cloud, { delivery, hook, repository, body });
      if (cloud.stopping.aborted) return "done";
      store.deliveries.save({ ...delivery, body, result });
      const { code, status } = result;
      store.hooks.update(store.key(hook.id), (now) => ({ ...now, lastResponse: { code, status, message: status } }));
      return "done";
    },
  });
  const add = (delivery: Omit<DeliveryRecord, "id" | "createdAt">): DeliveryRecord => {
    const saved = store.deliveries.save({ ...delivery, id: store.nextId(), createdAt: cloud.clock.now() });
    driver.drive(store.key(saved.id));
    return saved;
  };
  return {
    addPush({ fullName }, change) {
      const hooks = store.hooks.list().filter((hook) => hook.fullName === fullName && hook.active);
      for (const { id } of hooks.filter(({ events }) => events.includes("push") || events.includes("*"))) {
        add({ guid: cloud.ids.uuid(), hookId: id, event: "push", isRedelivery: false, change });
      }
    },
    addPing: ({ id }) => void add({ guid: cloud.ids.uuid(), hookId: id, event: "ping", isRedelivery: false }),
    redeliver: ({ guid, hookId, event, change, body }) =>
      add({ guid, hookId, event, change, body, isRedelivery: true }),
    start() {
      for (const { id, result } of store.deliveries.list()) if (!result) driver.drive(store.key(id));
    },
    settled: () => driver.settled(),
  };
}

interface Content {
  cloud: Cloud;
  hook: HookRecord;
  repository: RepositoryRecord;
  directoryOf(repository: RepositoryRecord): string;
}

async function bodyOf({ change }: DeliveryRecord, content: Content): Promise<string> {
  const { cloud, hook, repository } = content;
  const payload = change
    ? await pushPayload({ cloud, repository, directory: content.directoryOf(repository) }, change)
    : pingPayload(cloud, repository, hook);
  const json = JSON.stringify(payload);
  return hook.config.content_type === "json" ? json : new URLSearchParams({ payload: json }).toString();
}

interface Sending {
  delivery: DeliveryRecord;
  hook: HookRecord;
  repository: RepositoryRecord;
  body: string;
}

type Result = NonNullable<DeliveryRecord["result"]>;

async function send({ clock, stopping }: Cloud, { delivery, hook, repository, body }: Sending): Promise<Result> {
  const at = clock.now();
  const ended = (code: number, status: string): Result => ({ at, seconds: (clock.now() - at) / 1000, code, status });
  try {
    const response = await fetch(hook.config.url, {
      method: "POST",
      headers: headersOf(delivery, hook, { repository, body }),
      body,
      redirect: "manual",
      signal: AbortSignal.any([AbortSignal.timeout(timeoutMilliseconds), stopping]),
    });
    await response.arrayBuffer();
    return ended(response.status, response.ok ? "OK" : `Invalid HTTP Response: ${response.status}`);
  } catch (error) {
    const isTimeout = error instanceof Error && error.name === "TimeoutError";
    return ended(isTimeout ? 504 : 502, isTimeout ? "timed out" : "failed to connect to host");
  }
}

/** https://docs.github.com/en/webhooks/webhook-events-and-payloads#delivery-headers */
function headersOf(
  { guid, event }: DeliveryRecord,
  { id, config }: HookRecord,
  { repository, body }: Pick<Sending, "repository" | "body">,
): Record<string, string> {
  const sign = (algorithm: "sha1" | "sha256", secret: string) =>
    `${algorithm}=${createHmac(algorithm, secret).update(body).digest("hex")}`;
  return {
    accept: "*/*",
    "content-type": config.content_type === "json" ? "application/json" : "application/x-www-form-urlencoded",
    "user-agent": "GitHub-Hookshot/stand-in",
    "x-github-delivery": guid,
    "x-github-event": event,
    "x-github-hook-id": String(id),
    "x-github-hook-installation-target-id": String(repository.number),
    "x-github-hook-installation-target-type": "repository",
    ...(config.secret !== undefined && {
      "x-hub-signature": sign("sha1", config.secret),
      "x-hub-signature-256": sign("sha256", config.secret),
    }),
  };
}
