import { intersects, validRange } from "semver";
import type { Manifest } from "./manifest.ts";
import { observe, type Observation } from "./observation.ts";
import { foldersUpwards } from "./package-manager.ts";
import { inFolder, locate, type Repository } from "./repository.ts";

export const supportedVersions = [24, 22, 20] as const;
export type NodeVersion = (typeof supportedVersions)[number];

const lts: Readonly<Record<string, number>> = { iron: 20, jod: 22, krypton: 24, "*": 24 };

export interface NodeRequest {
  /** As it is written. */
  readonly text: string;
  /** The supported version that it allows; undefined if none. */
  readonly version: NodeVersion | undefined;
}

/** A file that names one version decides; `engines` names a range, of which the newest is taken. */
export function findNodeVersion(
  repository: Repository,
  root: string,
  manifests: readonly Manifest[],
): Observation<NodeRequest> | undefined {
  for (const folder of foldersUpwards(root))
    for (const name of [".nvmrc", ".node-version", ".tool-versions"]) {
      const file = inFolder(folder, name);
      const text = versionIn(name, repository.read(file));
      if (text !== undefined) return observe({ text, version: exactVersion(text) }, file, "it names the version");
    }
  for (const { file, volta, engines } of manifests) {
    if (volta?.node !== undefined) {
      const request = { text: volta.node, version: exactVersion(volta.node) };
      return observe(request, locate(repository, file, '"volta"'), "Volta's version");
    }
    if (engines?.node !== undefined) {
      const request = { text: engines.node, version: newestIn(engines.node) };
      return observe(request, locate(repository, file, /"engines"/), "the newest version that engines allows");
    }
  }
  return undefined;
}

function versionIn(name: string, text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  if (name === ".tool-versions") return /^node(?:js)?\s+(\S+)/m.exec(text)?.[1];
  return text.trim().split("\n")[0]?.trim();
}

/** `22`, `v22.11.0`, `lts/jod` */
function exactVersion(text: string): NodeVersion | undefined {
  const major = lts[text.replace(/^lts\//, "")] ?? Number(/^v?(\d+)/.exec(text)?.[1]);
  return supportedVersions.find((version) => version === major);
}

/** The newest supported version in a range such as `>=20`, `^22.12 || >=24` or `18 - 22`. */
function newestIn(range: string): NodeVersion | undefined {
  return supportedVersions.find((version) => validRange(range) !== null && intersects(range, `${version}.x`));
}
