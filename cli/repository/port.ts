import { dependsOn, type Manifest } from "./manifest.ts";
import { observe, type Observation } from "./observation.ts";
import type { EnvExample } from "./variables/env-example.ts";
import type { Source } from "./source/sources.ts";

export type Port =
  | { readonly kind: "variable" }
  /** A number in the source code: two releases cannot run beside each other on one machine. */
  | { readonly kind: "fixed"; readonly port: number }
  | { readonly kind: "other-variable"; readonly name: string };

/** Servers that read PORT themselves. */
const frameworks = [
  "next",
  "nuxt",
  "@remix-run/serve",
  "@react-router/serve",
  "@sveltejs/adapter-node",
  "@astrojs/node",
];
const loopback = /^(127\.|localhost$|::1$)/;

/** Undefined: the sources do not show it. */
export function findPort(
  sources: readonly Source[],
  manifest: Manifest,
  example: EnvExample | undefined,
): Observation<Port> | undefined {
  const framework = frameworks.find((name) => dependsOn(manifest, name));
  if (framework !== undefined) return observe({ kind: "variable" }, manifest.file, `${framework} reads PORT`);
  for (const { file, variables } of sources) {
    const read = variables.find(({ name }) => name === "PORT");
    if (read) return observe({ kind: "variable" }, `${file}:${read.line}`, "the app reads PORT");
  }
  const calls = sources.flatMap(({ file, listens }) =>
    listens.map((call) => ({ ...call, evidence: `${file}:${call.line}` })),
  );
  const other = calls.find(({ variables }) => variables.length > 0);
  const [name] = other?.variables ?? [];
  if (other && name !== undefined)
    return observe({ kind: "other-variable", name }, other.evidence, `the app reads ${name}, not PORT`);
  const fixed = calls.find(({ port }) => port !== undefined);
  const named = example?.variables.find((variable) => variable.name === "PORT");
  if (named) return observe({ kind: "variable" }, `${example?.file}:${named.line}`, "the example names PORT");
  if (fixed?.port === undefined) return undefined;
  return observe(
    { kind: "fixed", port: fixed.port },
    fixed.evidence,
    "a number in the source code; the app does not read PORT",
  );
}

/** A server that only this machine can reach. */
export function findLoopbackHost(sources: readonly Source[]): Observation<string> | undefined {
  for (const { file, listens } of sources)
    for (const { host, line } of listens)
      if (host !== undefined && loopback.test(host))
        return observe(host, `${file}:${line}`, "the address that it listens on");
  return undefined;
}
