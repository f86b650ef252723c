import { type Build, findBuild } from "./build.ts";
import { findHealthPath } from "./health-path.ts";
import { type Manifest, readManifest } from "./manifest.ts";
import { findMigrations } from "./migrations/find-migrations.ts";
import type { MigrationChoice } from "./migrations/migration-tool.ts";
import { findNodeVersion, type NodeRequest } from "./node-version.ts";
import type { Observation } from "./observation.ts";
import { findOtherDatabase } from "./other-database.ts";
import { type Dependencies, findPackageManager } from "./package-manager.ts";
import { findLoopbackHost, findPort, type Port } from "./port.ts";
import { readPm2 } from "./pm2.ts";
import type { Repository } from "./repository.ts";
import { readSources, type Source } from "./source/sources.ts";
import { findStartCommand } from "./start-command.ts";
import { type EnvExample, readEnvExample } from "./variables/env-example.ts";
import { findVariables, type Variables } from "./variables/find-variables.ts";
import { dependencyFolders, listWorkspaces } from "./workspaces.ts";

/** What the repository shows of the app in one of its folders. A missing observation: it does not show it. */
export interface Survey {
  readonly root: string;
  readonly manifest: Manifest;
  readonly sources: readonly Source[];
  readonly packageManager: Observation<Dependencies>;
  readonly node: Observation<NodeRequest> | undefined;
  readonly start: Observation<readonly string[]> | undefined;
  readonly port: Observation<Port> | undefined;
  readonly loopbackHost: Observation<string> | undefined;
  readonly health: Observation<string> | undefined;
  readonly migrations: Observation<MigrationChoice> | undefined;
  readonly envExample: EnvExample | undefined;
  readonly variables: Variables;
  readonly build: Build;
  readonly otherDatabase: Observation<string> | undefined;
}

export function surveyApp(repository: Repository, root: string, manifest: Manifest): Survey {
  const repositoryManifest = root === "." ? undefined : readManifest(repository, ".");
  const manifests = [manifest, ...(repositoryManifest ? [repositoryManifest] : [])];
  const sources = readSources(repository, [root, ...dependencyFolders(listWorkspaces(repository), root)]);
  const envExample = readEnvExample(repository, root);
  return {
    root,
    manifest,
    sources,
    packageManager: findPackageManager(repository, root, manifests),
    node: findNodeVersion(repository, root, manifests),
    start: findStartCommand(repository, root, manifest),
    port: findPort(sources, manifest, envExample),
    loopbackHost: findLoopbackHost(sources),
    health: findHealthPath(repository, root, sources),
    migrations: findMigrations({ repository, root, manifest, sources }),
    envExample,
    variables: findVariables(sources, envExample, readPm2(repository, root, manifest)),
    build: findBuild(repository, root, manifest),
    otherDatabase: findOtherDatabase(repository, manifest),
  };
}
