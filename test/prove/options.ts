import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { checkSupport, readAssembly, type ResourceTypes } from "#local/assembly/index.ts";
import { createCloud } from "#local/cloud/index.ts";
import { resourceTypes } from "#local/index.ts";
import { services } from "#local/services/index.ts";
import * as z from "zod";
import { type ConfigInput, configurationSchema } from "../../lib/config/index.ts";
import { complete, completeOnGitHub, configurations } from "./configurations.ts";
import type { Proof } from "./proof.ts";
import { synthesizeApp } from "./synthesize-app.ts";

interface Field {
  properties?: Record<string, Field>;
  additionalProperties?: Field | boolean;
}

/** Configurations that synthesize without credentials, to templates of which the local cloud knows every resource type. */
export const options = (chosen: Readonly<Record<string, ConfigInput>> = configurations): Proof => ({
  name: "Options",
  async run() {
    const accountId = "111122223333";
    const directory = mkdtempSync(path.join(tmpdir(), "lockstep-prove-"));
    const local = await createCloud({ services, directory, accountId, region: "eu-west-1" });
    try {
      const types = resourceTypes(local, accountId);
      const checks = Object.entries(chosen).map(([name, config]) => check(name, config, types));
      const resources = checks.flatMap((result) => result.resources);
      const inert = new Set(checks.flatMap((result) => result.inert));
      const real = new Set(resources.filter((type) => !inert.has(type)));
      return {
        checked: `${checks.length} configurations, ${resources.length} resources of ${real.size} real and ${inert.size} inert types`,
        findings: [...unset(), ...checks.flatMap((result) => result.findings)],
      };
    } finally {
      await local.stop();
      rmSync(directory, { recursive: true, force: true });
    }
  },
});

function check(name: string, config: ConfigInput, types: ResourceTypes) {
  try {
    const { directory, manifest } = synthesizeApp(config);
    const assembly = readAssembly(directory);
    return {
      resources: assembly.stacks.flatMap(({ template }) => Object.values(template.Resources).map(({ Type }) => Type)),
      inert: [...checkSupport(assembly, types).types.keys()],
      findings: (manifest.missing ?? []).map(({ key }) => `${name}: needs credentials to look up ${key}`),
    };
  } catch (error) {
    return {
      resources: [],
      inert: [],
      findings: [`${name}: ${error instanceof Error ? error.message : String(error)}`],
    };
  }
}

/** Options that neither complete configuration sets: either source excludes the other. */
function unset(): string[] {
  const [unsetHere, unsetOnGitHub] = [unsetIn(complete), unsetIn(completeOnGitHub)];
  const covers = (names: readonly string[], name: string) =>
    names.some((other) => name === other || name.startsWith(`${other}.`));
  return [
    ...unsetHere.filter((name) => covers(unsetOnGitHub, name)),
    ...unsetOnGitHub.filter((name) => covers(unsetHere, name)),
  ].map((name) => `every option: ${name} is not set`);
}

function unsetIn(config: ConfigInput): string[] {
  const schema = z.toJSONSchema(configurationSchema, { io: "input" }) as Field; // the subset of JSON Schema that zod generates
  const missing = (field: Field, value: unknown, name: string): string[] => {
    if (value === undefined) return [name];
    const { properties = {}, additionalProperties } = field;
    const entries = value as Record<string, unknown>; // an object where the schema has properties
    const own = Object.entries(properties).flatMap(([key, inner]) => missing(inner, entries[key], `${name}.${key}`));
    if (typeof additionalProperties !== "object") return own;
    return [
      ...own,
      ...Object.entries(entries).flatMap(([key, inner]) => missing(additionalProperties, inner, `${name}.${key}`)),
    ];
  };
  return missing(schema, config, "configuration");
}
