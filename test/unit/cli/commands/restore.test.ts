import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { runLockstep } from "#test/support/command-line.ts";

const caller = `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>
  <Arn>arn:aws:iam::999999999999:user/ada</Arn><UserId>AIDA</UserId><Account>999999999999</Account>
</GetCallerIdentityResult></GetCallerIdentityResponse>`;

let directory: string;
let requests: IncomingMessage[];
const server = createServer((request, response) => {
  requests.push(request);
  response.setHeader("content-type", "text/xml");
  response.end(caller);
});

beforeEach(async () => {
  requests = [];
  directory = mkdtempSync(path.join(tmpdir(), "lockstep-restore-"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});

afterEach(async () => {
  rmSync(directory, { recursive: true, force: true });
  await new Promise((resolve) => server.close(resolve));
});

it.each([{ args: [] }, { args: ["a-snapshot", "--yes"] }])(
  "restore $args uses the stage's region and refuses another account before anything else",
  async ({ args }) => {
    const stage = `{ branch: "main", account: "111122223333", region: "eu-west-3" }`;
    const config = `export default { name: "shop", app: {}, stages: { production: ${stage} } };\n`;
    writeFileSync(path.join(directory, "lockstep.config.ts"), config);
    const { port } = server.address() as AddressInfo;
    const { exitCode, stdout, stderr } = await runLockstep(["restore", ...args, "--stage", "production"], {
      directory,
      environment: {
        AWS_ENDPOINT_URL: `http://localhost:${port}`,
        AWS_REGION: "us-east-1",
        AWS_ACCESS_KEY_ID: "AKIAEXAMPLE",
        AWS_SECRET_ACCESS_KEY: "secret",
      },
    });
    expect(stderr).toContain(
      "Stage production is in account 111122223333, but the credentials belong to account 999999999999",
    );
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
    expect(requests.map(({ headers }) => headers.authorization)).toEqual([
      expect.stringMatching(/\/eu-west-3\/sts\/aws4_request/),
    ]);
  },
);
