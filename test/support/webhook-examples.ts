import { createRequire } from "node:module";
import type { WebhookDefinition } from "@octokit/webhooks-examples";

// The package is a JSON file, which its types describe as a module with a default export.
const definitions = createRequire(import.meta.url)("@octokit/webhooks-examples") as readonly WebhookDefinition[];

/** Payloads that GitHub sent, by the name of their event. */
export function webhookExamples(event: string): readonly object[] {
  return definitions.find(({ name }) => name === event)?.examples ?? [];
}
