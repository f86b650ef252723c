import { request as httpRequest } from "node:http";
import { GetCallerIdentityCommand, GetSessionTokenCommand, STSClient } from "@aws-sdk/client-sts";
import { afterAll, beforeAll, expect, it } from "vitest";
import { sts } from "#local/services/sts/index.ts";
import { startTestCloud, type TestCloud } from "#test/support/local-cloud.ts";

let local: TestCloud;

beforeAll(async () => {
  const nothing = { Version: "2012-10-17", Statement: [] };
  local = await startTestCloud({ services: [sts], roles: { reader: nothing } });
});
afterAll(() => local.stop());

const identityOf = (client: STSClient) => client.send(new GetCallerIdentityCommand());

it("identifies root", async () => {
  expect(await identityOf(local.client(STSClient))).toMatchObject({
    Account: "123456789012",
    Arn: "arn:aws:iam::123456789012:root",
    UserId: "123456789012",
  });
});

it("identifies the session of a role", async () => {
  const { Arn } = await identityOf(local.client(STSClient, "reader"));
  expect(Arn).toBe("arn:aws:sts::123456789012:assumed-role/reader/test");
});

it("refuses a secret that is not the key's", async () => {
  const client = new STSClient({
    endpoint: local.endpoint,
    region: "eu-central-1",
    credentials: { ...local.credentials, secretAccessKey: "wrong" },
  });
  await expect(identityOf(client)).rejects.toMatchObject({
    name: "SignatureDoesNotMatch",
    $metadata: { httpStatusCode: 403 },
  });
});

it("refuses a key it never gave out", async () => {
  const client = new STSClient({
    endpoint: local.endpoint,
    region: "eu-central-1",
    credentials: { accessKeyId: "AKIAAAAAAAAAAAAAAAAA", secretAccessKey: "x" },
  });
  await expect(identityOf(client)).rejects.toMatchObject({ name: "InvalidClientTokenId" });
});

it("refuses a session token that it did not sign", async () => {
  const client = local.client(STSClient, "reader");
  const { sessionToken = "", ...key } = await client.config.credentials();
  const [content] = sessionToken.split(".");
  const forged = new STSClient({
    endpoint: local.endpoint,
    region: "eu-central-1",
    credentials: { ...key, sessionToken: `${content}.${"A".repeat(43)}` },
  });
  await expect(identityOf(forged)).rejects.toMatchObject({ name: "InvalidClientTokenId" });
});

it("refuses a signature for another region", async () => {
  const client = new STSClient({ endpoint: local.endpoint, region: "us-east-1", credentials: local.credentials });
  await expect(identityOf(client)).rejects.toMatchObject({ name: "SignatureDoesNotMatch" });
});

it("refuses a clock that is ten minutes late", async () => {
  const client = new STSClient({
    endpoint: local.endpoint,
    region: "eu-central-1",
    credentials: local.credentials,
    systemClockOffset: -600_000,
    maxAttempts: 1,
  });
  await expect(identityOf(client)).rejects.toMatchObject({ name: "SignatureDoesNotMatch" });
});

it("names an operation that it does not implement", async () => {
  await expect(local.client(STSClient).send(new GetSessionTokenCommand())).rejects.toMatchObject({
    name: "NotImplemented",
    message: "sts GetSessionToken is not implemented by the local cloud.",
    $metadata: { httpStatusCode: 501 },
  });
});

it.each([
  ["an unsigned request", {}, 403],
  ["another name for this host", { host: "attacker.example" }, 403],
  ["a page of another site", { origin: "https://attacker.example" }, 403],
  ["a request across sites without an origin", { "sec-fetch-site": "cross-site" }, 403],
])("refuses %s", async (_story, headers, wanted) => {
  const status = await new Promise<number | undefined>((resolve, reject) => {
    const request = httpRequest(
      `${local.endpoint}/?Action=GetCallerIdentity&Version=2011-06-15`,
      { headers },
      (response) => {
        response.resume();
        resolve(response.statusCode);
      },
    );
    request.once("error", reject).end();
  });
  expect(status).toBe(wanted);
});
