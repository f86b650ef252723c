import { accessSync, constants } from "node:fs";
import { homedir } from "node:os";
import path from "node:path";
import type { Cloud } from "#local/cloud/index.ts";
import type { BuildRecord } from "./store.ts";

// The part of the developer's environment that a build inherits: network access only, so no key or token.
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

/** Environment of a build's commands, except what depends on the source. */
export function buildEnvironment(cloud: Cloud, build: BuildRecord): Record<string, string> {
  const { project } = build;
  return {
    PATH: searchPath(),
    LANG: "C.UTF-8",
    ...networkEnvironment(),
    ...npmEnvironment(),
    ...packageManagerEnvironment(),
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

/** npm uses the developer's configuration and cache; the lock file's hashes verify the cache's content. */
function npmEnvironment(): Record<string, string> {
  const { npm_config_userconfig: userconfig, npm_config_cache: cache } = process.env;
  return {
    npm_config_userconfig: userconfig ?? path.join(homedir(), ".npmrc"),
    npm_config_cache: cache ?? path.join(homedir(), ".npm"),
    npm_config_prefer_offline: "true",
    npm_config_update_notifier: "false",
  };
}

/** Caches that all builds of this user share. Their content is verified: versions by their hash, packages by the lock file. */
function packageManagerEnvironment(): Record<string, string> {
  const cache = path.join(process.env.XDG_CACHE_HOME ?? path.join(homedir(), ".cache"), "lockstep");
  return {
    COREPACK_HOME: path.join(cache, "corepack"),
    YARN_CACHE_FOLDER: path.join(cache, "yarn"),
  };
}

/** The Node.js of the local cloud, then the system's programs, then the directories of npm and git if they are elsewhere. */
function searchPath(): string {
  const system = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];
  const needed = ["npm", "git"].flatMap(folderOf);
  return [...new Set([path.dirname(process.execPath), ...system, ...needed])].join(":");
}

function folderOf(program: string): string[] {
  const folders = (process.env.PATH ?? "").split(":");
  // A build must not find programs in a project's node_modules.
  const folder = folders.find((each) => !each.includes("node_modules") && isExecutable(path.join(each, program)));
  return folder === undefined ? [] : [folder];
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
