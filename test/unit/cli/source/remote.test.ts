import { CodeCommitClient, CreateRepositoryCommand } from "@aws-sdk/client-codecommit";
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { codecommit } from "#local/services/codecommit/index.ts";
import { gitIn } from "../../../../cli/source/git.ts";
import { connectRemote, repositoryOf } from "../../../../cli/source/remote.ts";
import { type Clients, createClients } from "../../../../cli/stage/clients.ts";
import type { Stage } from "../../../../cli/stage/stage.ts";
import { type TestCloud, startTestCloud } from "../../../support/local-cloud.ts";
import { workingCopy, type WorkingCopy } from "../../../support/git.ts";

const stage = { repository: "shop", isOnGitHub: false } as Partial<Stage> as Stage; // only these are used
let cloud: TestCloud;
let local: Clients;
let copy: WorkingCopy;
let url: string;

beforeAll(async () => {
  cloud = await startTestCloud({ services: [codecommit] });
  const { endpoint, credentials } = cloud;
  local = createClients({ endpoint, region: "eu-central-1", gitToken: "token", databaseCaFile: "", ...credentials });
  await cloud.client(CodeCommitClient).send(new CreateRepositoryCommand({ repositoryName: "shop" }));
  url = `${endpoint}/v1/repos/shop`;
});
afterAll(() => cloud.stop());
beforeEach(async () => {
  copy = await workingCopy();
  onTestFinished(() => copy.remove());
});

const connect = (clients: Clients, to: Stage = stage, profile?: string) =>
  connectRemote(gitIn(copy.directory), { clients, stage: to, profile });
const setting = (name: string) => copy.git("config", "--local", "--get-all", name);
/** The empty one, which excludes the user's own helpers, comes first. */
const helpers = async () => {
  const lines = (await copy.git("config", "--local", "--list")).split("\n");
  return lines.filter((line) => line.startsWith(`credential.${url}.helper=`)).map((line) => line.split(/=(.*)/)[1]);
};

describe("the remote of a local cloud", () => {
  it("is added once, with a helper that replaces the user's own ones", async () => {
    expect(await connect(local)).toMatchObject({ url, name: "lockstep" });
    await connect(local);
    expect(await setting("remote.lockstep.url")).toBe(url);
    expect(await helpers()).toEqual(["", expect.stringMatching(/^!LOCKSTEP_STATE='.+' git-credential$/)]);
  });

  it("gets the endpoint's new port, and no setting of the old one stays", async () => {
    const before = "http://127.0.0.1:1/v1/repos/shop";
    await copy.git("remote", "add", "lockstep", before);
    await copy.git("config", `credential.${before}.helper`, "!old");
    expect(await connect(local)).toMatchObject({ name: "lockstep" });
    expect(await copy.git("config", "--local", "--list")).not.toContain("127.0.0.1:1/");
  });

  it("leaves a remote of the user with this name as it is", async () => {
    await copy.git("remote", "add", "lockstep", "git@github.com:acme/lockstep.git");
    expect(await connect(local)).toMatchObject({ name: "lockstep-local" });
    expect(await setting("remote.lockstep.url")).toBe("git@github.com:acme/lockstep.git");
  });
});

describe("the remote of a stage on AWS", () => {
  it("uses the AWS CLI's credential helper with the profile of the command", async () => {
    const aws: Clients = { ...local, local: undefined };
    await copy.git("remote", "add", "lockstep", "http://127.0.0.1:1/v1/repos/shop");
    expect(await connect(aws, stage, "it's mine")).toMatchObject({ name: "lockstep-aws" });
    const helper = String.raw`!aws --profile 'it'\''s mine' codecommit credential-helper $@`;
    expect(await helpers()).toEqual(["", helper]);
    expect(await setting(`credential.${url}.useHttpPath`)).toBe("true");
  });

  it("is the user's own one for a repository on GitHub", async () => {
    const github = { ...stage, repository: "acme/shop", isOnGitHub: true };
    const aws: Clients = { ...local, local: undefined };
    expect(await connect(aws, github)).toEqual({
      url: "https://github.com/acme/shop.git",
      name: undefined,
      settings: [],
    });
    await copy.git("remote", "add", "origin", "git@github.com:acme/shop.git");
    expect(await connect(aws, github)).toMatchObject({ name: "origin" });
  });
});

it.each([
  "https://github.com/acme/shop.git",
  "https://ada@github.com/acme/shop",
  "git@github.com:acme/shop.git",
  "ssh://git@GitHub.com/acme/shop.git/",
])("recognizes a repository by %s", (address) => {
  expect(repositoryOf(address)).toBe("github.com/acme/shop");
});
