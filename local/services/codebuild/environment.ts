import { accessSync, constants } from "node:fs";
import { homedir } from "node:os";
import path from "node:path";
import type { Cloud } from "#local/cloud/index.ts";
import type { BuildRecord } from "./store.ts";

// What of the person's environment a build may see: how this machine reaches the network. Nothing else passes, so no key and no token does.
const networkVariables = [
  "HTTP_PROXY",
  "HTTPS_PROXY",
  "NO_PROXY",
  "http_proxy",
  "https_proxy",
  "no_proxy",
  "NODE_EXTRA_CA_CERTS",
  "SSL_CERT_FILE",
  "SSL_CERT_DIR",
  "npm_config_registry",
  "npm_config_cafile",
  "npm_config_proxy",
  "npm_config_https_proxy",
  "npm_config_noproxy",
];

/** Environment of a build's commands, but for what only its source tells. */
export function buildEnvironment(cloud: Cloud, build: BuildRecord): Record<string, string> {
  const { project } = build;
  return {
    PATH: searchPath(),
    LANG: "C.UTF-8",
    ...networkEnvironment(),
    ...npmEnvironment(),
    ...cloud.roleEnvironment(project.serviceRole, sessionName(build)),
    CODEBUILD_BUILD_ARN: build.arn,
    CODEBUILD_BUILD_IMAGE: project.environment.image,
    CODEBUILD_BUILD_NUMBER: String(build.number),
    CODEBUILD_INITIATOR: build.initiator,
    CODEBUILD_LOG_PATH: build.logs?.streamName ?? "",
    CODEBUILD_PROJECT_ARN: project.arn,
    CODEBUILD_SOURCE_REPO_URL: project.location,
    CODEBUILD_SOURCE_VERSION: project.sourceVersion ?? "",
    CODEBUILD_START_TIME: String(build.startedAt),
  };
}

export const sessionName = ({ uuid }: BuildRecord) => `AWSCodeBuild-${uuid}`;

function networkEnvironment(): Record<string, string> {
  return Object.fromEntries(
    networkVariables.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  );
}

/** npm finds the registry and the packages that it finds for the person: its configuration and its cache, whose content the lock file's hashes check. */
function npmEnvironment(): Record<string, string> {
  const { npm_config_userconfig: userconfig, npm_config_cache: cache } = process.env;
  return {
    npm_config_userconfig: userconfig ?? path.join(homedir(), ".npmrc"),
    npm_config_cache: cache ?? path.join(homedir(), ".npm"),
    npm_config_prefer_offline: "true",
    npm_config_update_notifier: "false",
  };
}

/** The Node.js of the local cloud, then the system's programs, then the folders with npm and git if they are elsewhere. */
function searchPath(): string {
  const system = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];
  const needed = ["npm", "git"].flatMap(folderOf);
  return [...new Set([path.dirname(process.execPath), ...system, ...needed])].join(":");
}

function folderOf(program: string): string[] {
  const folders = (process.env.PATH ?? "").split(":");
  // A project's own folder of programs must not be how a build finds one.
  const found = folders.find((folder) => !folder.includes("node_modules") && isExecutable(path.join(folder, program)));
  return found === undefined ? [] : [found];
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
