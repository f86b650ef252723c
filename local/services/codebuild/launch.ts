import { mkdirSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import type { Cloud, Principal } from "#local/cloud/index.ts";
import { startProcess, writeFileAtomic, type HostedProcess } from "#local/kernel/index.ts";
import { buildEnvironment, sessionName } from "./environment.ts";
import { compileCacheVariable, tokenVariable, type Job } from "./progress.ts";
import type { BuildRecord } from "./store.ts";

const runnerFile = fileURLToPath(import.meta.resolve("#local/services/codebuild/runner/main.ts"));

/** Starts the runner of a build. */
export function launch(cloud: Cloud, build: BuildRecord & { workspace: string }, directory: string): HostedProcess {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  writeFileAtomic(path.join(directory, "job.json"), JSON.stringify(jobOf(cloud, build)));
  return startProcess({
    directory,
    argv: [process.execPath, runnerFile, directory],
    cwd: directory,
    env: {
      ...buildEnvironment(cloud, build),
      [tokenVariable]: cloud.issueToken(gitPrincipal(build)),
      [compileCacheVariable]: path.join(cloud.directory("codebuild"), "compile-cache"),
    },
  });
}

function jobOf(cloud: Cloud, build: BuildRecord & { workspace: string }): Job {
  const { id, project, startedAt, workspace } = build;
  const { location, sourceVersion, secondarySources, buildspec, variables, timeoutInMinutes, cacheLocation } = project;
  return {
    buildId: id,
    workspace,
    repositoryName: location.slice(location.lastIndexOf("/") + 1).replace(/\.git$/, ""),
    // The stand-in of GitHub.
    repositoryUrl: location.replace(/^https:\/\/github\.com\//, `${cloud.endpoint}/github/`),
    sourceVersion,
    secondarySources: secondarySources.map(({ identifier, directory }) => ({ identifier, directory })),
    buildspec,
    variables,
    nodejs: /lambda-standard:nodejs(\d+)$/.exec(build.project.environment.image)?.[1],
    pnpmStore: path.join(cloud.directory("codebuild"), "pnpm-store"),
    cacheDirectory: cacheLocation && path.join(cloud.directory("codebuild"), "cache", cacheLocation),
    deadline: startedAt + timeoutInMinutes * 60_000,
  };
}

/** as AWS: the service role reads sources in S3, reads and writes the cache, and gets the token of a connection. */
export function authorizeSources(cloud: Cloud, build: BuildRecord): void {
  const { connectionArn, cacheLocation } = build.project;
  if (cacheLocation !== undefined) {
    for (const operation of ["GetObject", "PutObject"]) {
      const action = `s3:${operation}`;
      cloud.authorize(servicePrincipal(build), { action, resources: [`arn:aws:s3:::${cacheLocation}/*`] });
    }
  }
  if (connectionArn !== undefined) {
    for (const operation of ["GetConnection", "GetConnectionToken"]) {
      const action = `${connectionArn.split(":")[2]}:${operation}`;
      cloud.authorize(servicePrincipal(build), { action, resources: [connectionArn] });
    }
  }
  for (const { location } of build.project.secondarySources) {
    cloud.authorize(servicePrincipal(build), { action: "s3:GetObject", resources: [`arn:aws:s3:::${location}`] });
  }
}

/** GitHub knows only the connection. */
function gitPrincipal(build: BuildRecord): Principal {
  const { connectionArn } = build.project;
  if (connectionArn === undefined) return servicePrincipal(build);
  return { kind: "service", service: "codebuild", arn: connectionArn };
}

function servicePrincipal(build: BuildRecord): Principal {
  const { serviceRole: roleArn } = build.project;
  const [, , , , account = "", role = ""] = roleArn.split(":");
  const name = role.slice(role.lastIndexOf("/") + 1);
  const session = sessionName(build);
  const arn = `arn:aws:sts::${account}:assumed-role/${name}/${session}`;
  return { kind: "role", roleArn, sessionName: session, arn };
}
