import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { runLockstep } from "#test/support/command-line.ts";

const envelope = (action: string, result: string) =>
  `<${action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><${action}Result>${result}</${action}Result></${action}Response>`;
const caller = envelope(
  "GetCallerIdentity",
  "<Arn>arn:aws:iam::999999999999:user/ada</Arn><Account>999999999999</Account>",
);
const assumed = envelope(
  "AssumeRole",
  "<Credentials><AccessKeyId>ASIAROLE</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials>",
);

let directory: string;
let requests: string[];
/** STS: says who signed which action for which Region. */
const server = createServer((request, response) => void answer(request, response));

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const action = new URLSearchParams(await text(request)).get("Action") ?? "";
  const [, key = "", region = ""] = /Credential=(\w+)\/\d+\/([\w-]+)\//.exec(request.headers.authorization ?? "") ?? [];
  requests.push(`${action} ${key} ${region}`);
  response.setHeader("content-type", "text/xml");
  response.end(action === "AssumeRole" ? assumed : caller);
}

beforeEach(async () => {
  requests = [];
  directory = mkdtempSync(path.join(tmpdir(), "lockstep-credentials-"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  configure(`{ branch: "main", account: "111122223333" }`);
  writeFileSync(
    path.join(directory, "config"),
    `
[default]
region = eu-west-1
[profile bare]
aws_access_key_id = AKIABARE
aws_secret_access_key = secret
[profile role]
role_arn = arn:aws:iam::999999999999:role/deployer
source_profile = bare
region = eu-west-3
[profile mfa]
role_arn = arn:aws:iam::999999999999:role/deployer
source_profile = bare
mfa_serial = arn:aws:iam::999999999999:mfa/ada
region = eu-west-3
[profile process]
credential_process = echo '{"Version":1,"AccessKeyId":"AKIAPROCESS","SecretAccessKey":"s"}'
region = eu-north-1
[profile sso]
sso_session = company
sso_account_id = 999999999999
sso_role_name = deployer
region = eu-west-1
[sso-session company]
sso_start_url = https://company.awsapps.com/start
sso_region = eu-west-1
`,
  );
  writeFileSync(
    path.join(directory, "credentials"),
    "[default]\naws_access_key_id = AKIADEFAULT\naws_secret_access_key = secret\n",
  );
});

afterEach(async () => {
  rmSync(directory, { recursive: true, force: true });
  await new Promise((resolve) => server.close(resolve));
});

function configure(stage: string): void {
  const config = `export default { name: "shop", app: {}, stages: { production: ${stage} } };\n`;
  writeFileSync(path.join(directory, "lockstep.config.ts"), config);
}

/** A command whose first call is GetCallerIdentity, and which the account of the answer ends. */
function lockstep(args: readonly string[], environment: Record<string, string | undefined> = {}) {
  const { port } = server.address() as AddressInfo;
  return runLockstep(["restore", ...args], {
    directory,
    environment: {
      HOME: directory,
      AWS_ENDPOINT_URL: `http://localhost:${port}`,
      AWS_CONFIG_FILE: path.join(directory, "config"),
      AWS_SHARED_CREDENTIALS_FILE: path.join(directory, "credentials"),
      AWS_REGION: undefined,
      AWS_DEFAULT_REGION: undefined,
      ...environment,
    },
  });
}

describe("credentials of AWS", () => {
  it.each([
    { what: "the default profile", args: [], calls: ["GetCallerIdentity AKIADEFAULT eu-west-1"] },
    {
      what: "a profile whose Region the command gives",
      args: ["--profile", "bare", "--region", "us-east-2"],
      calls: ["GetCallerIdentity AKIABARE us-east-2"],
    },
    {
      what: "a role, assumed once",
      args: ["--profile", "role"],
      calls: ["AssumeRole AKIABARE eu-west-3", "GetCallerIdentity ASIAROLE eu-west-3"],
    },
    {
      what: "a process",
      args: ["--profile", "process"],
      calls: ["GetCallerIdentity AKIAPROCESS eu-north-1"],
    },
    {
      what: "the environment, before the default profile",
      args: [],
      environment: { AWS_ACCESS_KEY_ID: "AKIAENV", AWS_SECRET_ACCESS_KEY: "s", AWS_REGION: "ap-south-1" },
      calls: ["GetCallerIdentity AKIAENV ap-south-1"],
    },
    {
      what: "--profile, before the environment",
      args: ["--profile", "process"],
      environment: { AWS_ACCESS_KEY_ID: "AKIAENV", AWS_SECRET_ACCESS_KEY: "s" },
      calls: ["GetCallerIdentity AKIAPROCESS eu-north-1"],
    },
  ])("are those of $what", async ({ args, environment = {}, calls }) => {
    const { exitCode, stderr } = await lockstep(args, environment);
    expect(stderr).toContain("but the credentials belong to account 999999999999");
    expect(exitCode).toBe(2);
    expect(requests).toEqual(calls);
  });

  it.each([
    {
      what: "an SSO session that has ended",
      args: ["--profile", "sso"],
      words: [`AWS profile "sso" has no valid credentials`, "Run: aws sso login --profile sso"],
    },
    {
      what: "an unknown profile, even if the environment has keys",
      args: ["--profile", "typo"],
      environment: { AWS_ACCESS_KEY_ID: "AKIAENV", AWS_SECRET_ACCESS_KEY: "s" },
      words: [
        `AWS profile "typo" is not in the AWS config and credentials files`,
        "default, bare, role, mfa, process, sso",
      ],
    },
    {
      what: "a role that needs an MFA code, without a terminal",
      args: ["--profile", "mfa"],
      words: ["MFA code of arn:aws:iam::999999999999:mfa/ada is required, and this is not a terminal."],
    },
    {
      what: "no credentials",
      args: [],
      environment: { AWS_CONFIG_FILE: "/dev/null", AWS_SHARED_CREDENTIALS_FILE: "/dev/null" },
      words: ["no AWS credentials were found (the environment", "Run: aws sso login --profile <name>"],
    },
    {
      what: "no Region",
      args: ["--profile", "bare"],
      words: ["No AWS Region is configured", "Fix: add --region"],
    },
    {
      what: "the address of a local cloud that has stopped",
      args: ["--profile", "bare"],
      environment: { AWS_ENDPOINT_URL: "http://127.0.0.1:4566" },
      words: ["AWS_ENDPOINT_URL is http://127.0.0.1:4566", "unset AWS_ENDPOINT_URL"],
    },
  ])("with $what are a usage error, and nothing is called", async ({ args, environment = {}, words }) => {
    const { exitCode, stdout, stderr } = await lockstep(args, environment);
    for (const word of words) expect(stderr).toContain(word);
    expect(stderr).not.toMatch(/\n\s+at /);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
    expect(requests).toEqual([]);
  });

  it("are not used in another Region than the stage's", async () => {
    configure(`{ branch: "main", region: "eu-west-1" }`);
    const { exitCode, stderr } = await lockstep(["--region", "eu-west-2"]);
    expect(stderr).toContain("Stage production is in Region eu-west-1, not eu-west-2. Fix: omit --region.");
    expect(exitCode).toBe(2);
    expect(requests).toEqual([]);
  });
});
