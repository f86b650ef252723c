import path from "node:path";
import { lockstepDirectory } from "../app-directory.ts";
import { stateDirectory } from "../local/state-directory.ts";
import type { Clients } from "../stage/clients.ts";
import { cloneUrl } from "../stage/repository.ts";
import type { Stage } from "../stage/stage.ts";
import { type Git, orUndefined } from "./git.ts";

/** The stage's repository, as git reaches it from a working copy. */
export interface Remote {
  url: string;
  /** Undefined if no remote of the working copy has the URL. */
  name: string | undefined;
  /** Settings of git for the credentials. */
  settings: Settings;
}

type Settings = readonly (readonly [name: string, value: string])[];

interface RemoteSource {
  clients: Clients;
  stage: Stage;
  profile: string | undefined;
}

/** Adds a git remote for the stage's repository, or corrects the one of a local cloud whose endpoint has another port now. */
export async function connectRemote(git: Git, source: RemoteSource): Promise<Remote> {
  const { clients, stage } = source;
  const url = await cloneUrl(clients, stage);
  const settings = credentialSettings(source, url);
  const remotes = await remotesOf(git);
  const same = [...remotes].find(([, other]) => repositoryOf(other) === repositoryOf(url))?.[0];
  const name = same ?? (settings.length > 0 ? await saveRemote(git, { remotes, url, clients }) : undefined);
  await saveSettings(git, settings);
  return { url, name, settings };
}

/** Arguments that make the settings those of one git command, for a repository that does not have them yet. */
export const settingArguments = (settings: Settings) => settings.flatMap(([name, value]) => ["-c", `${name}=${value}`]);

/**
 * The password is read from a helper when git needs it, so none is in a URL or in git's configuration. The empty helper comes first: it
 * excludes the user's own ones, which would store the password.
 */
export function credentialSettings({ clients, stage, profile }: RemoteSource, url: string): Settings {
  const name = `credential.${url}`;
  const helpers = (command: string) =>
    [
      [`${name}.helper`, ""],
      [`${name}.helper`, `!${command}`],
    ] as const;
  if (clients.local) {
    const main = path.join(lockstepDirectory, "cli", "main.mjs");
    return helpers(`LOCKSTEP_STATE=${quote(stateDirectory)} ${quote(process.execPath)} ${quote(main)} git-credential`);
  }
  if (stage.isOnGitHub) return [];
  // https://docs.aws.amazon.com/codecommit/latest/userguide/setting-up-https-unixes.html
  const profileOption = profile === undefined ? "" : ` --profile ${quote(profile)}`;
  return [...helpers(`aws${profileOption} codecommit credential-helper $@`), [`${name}.useHttpPath`, "true"]];
}

/** For the shell with which git starts a helper. */
const quote = (text: string) => `'${text.replaceAll("'", String.raw`'\''`)}'`;

async function remotesOf(git: Git): Promise<Map<string, string>> {
  const lines = (await orUndefined(git("config", "--get-regexp", String.raw`^remote\..*\.url$`))) ?? "";
  return new Map(
    lines.split("\n").flatMap((line) => {
      const [, name = "", url = ""] = /^remote\.(.+)\.url (.+)$/.exec(line) ?? [];
      return name === "" ? [] : [[name, url] as const];
    }),
  );
}

/** The same for all URLs of a repository, over HTTPS or SSH, with or without credentials. */
export function repositoryOf(url: string): string {
  const [, host = "", name = ""] = /^(?:\w+:\/\/)?(?:[^@/]+@)?([^/:]+(?::\d+)?)[/:](.+?)(?:\.git)?\/?$/.exec(url) ?? [];
  return host === "" ? url : `${host.toLowerCase()}/${name}`;
}

interface NewRemote {
  remotes: ReadonlyMap<string, string>;
  url: string;
  clients: Clients;
}

const isLoopback = (url: string) => url.startsWith("http://127.0.0.1:");

/** A remote of the user's own is not changed; nor does a remote change between the local cloud and AWS. */
async function saveRemote(git: Git, { remotes, url, clients }: NewRemote): Promise<string | undefined> {
  for (const name of ["lockstep", clients.local ? "lockstep-local" : "lockstep-aws"]) {
    const previous = remotes.get(name);
    if (previous !== undefined && !(clients.local && isLoopback(previous))) continue;
    await git("remote", previous === undefined ? "add" : "set-url", name, url);
    if (previous !== undefined) await orUndefined(git("config", "--remove-section", `credential.${previous}`));
    return name;
  }
  return undefined;
}

async function saveSettings(git: Git, settings: Settings): Promise<void> {
  for (const [name] of settings) await orUndefined(git("config", "--unset-all", name));
  for (const [name, value] of settings) await git("config", "--add", name, value);
}
