import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { runLockstep } from "#test/support/command-line.ts";
import { minimal, synthesizeApp } from "../../../prove/synthesize-app.ts";

/** XML, JSON, or an error. */
type Answer = string | Record<string, unknown>;

/** What an empty, bootstrapped account answers, by operation. */
const emptyAccount: Readonly<Record<string, Answer>> = {
  GetCallerIdentity: "<Arn>arn:aws:iam::999999999999:user/ada</Arn><Account>999999999999</Account>",
  GetParameter: { Parameter: { Value: "30" } },
  ListServiceQuotas: {
    Quotas: [{ QuotaName: "Concurrently running builds for Linux/Small environment", QuotaCode: "L-1", Value: 60 }],
  },
  GetServiceQuota: { Quota: { Value: 5 } },
  GetAccountSettings: { AccountLimit: { ConcurrentExecutions: 1000 } },
  DescribeVpcs: "<vpcSet><item><vpcId>vpc-1</vpcId></item></vpcSet>",
  DescribeAddresses: "<addressesSet/>",
  DescribeAccountAttributes:
    "<accountAttributeSet><item><attributeName>vpc-max-elastic-ips</attributeName><attributeValueSet><item><attributeValue>5</attributeValue></item></attributeValueSet></item></accountAttributeSet>",
  DescribeCertificate: { error: "ResourceNotFoundException" },
  DescribeStacks: { error: "ValidationError" },
  DescribeRepositories: { error: "RepositoryNotFoundException" },
  DescribeSecret: { error: "ResourceNotFoundException" },
  DescribeDBInstances: { error: "DBInstanceNotFound" },
  DescribeTable: { error: "ResourceNotFoundException" },
  DescribeLoadBalancers: { error: "LoadBalancerNotFound" },
  GetRepository: { error: "RepositoryDoesNotExistException" },
  DescribeLogGroups: { logGroups: [] },
};

let directory: string;
let answers: Record<string, Answer>;
const server = createServer((request, response) => void answer(request, response));

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.url?.startsWith("/repos/")) return answerAsGitHub(request, response);
  const body = await text(request);
  const target = String(request.headers["x-amz-target"] ?? "");
  const isJson = target !== "" || request.url?.includes("account-settings");
  const query = new URLSearchParams(body);
  const operation = target.split(".").at(-1) || query.get("Action") || "GetAccountSettings";
  const content = answers[operation] ?? { error: "UnknownOperation" };
  const error = typeof content === "object" && typeof content.error === "string" ? content.error : undefined;
  const message = operation === "DescribeStacks" ? `Stack with id ${query.get("StackName")} does not exist` : "no";
  const type = isJson ? "application/x-amz-json-1.1" : "text/xml";
  response.writeHead(error === undefined ? 200 : 400, { "content-type": type });
  if (error !== undefined) {
    const xml = `<ErrorResponse><Error><Code>${error}</Code><Message>${message}</Message></Error></ErrorResponse>`;
    return void response.end(isJson ? JSON.stringify({ __type: error, message }) : xml);
  }
  if (typeof content === "object") return void response.end(JSON.stringify(content));
  const isEc2 = query.get("Version") === "2016-11-15";
  const result = isEc2 ? content : `<${operation}Result>${content}</${operation}Result>`;
  response.end(`<${operation}Response>${result}</${operation}Response>`);
}

/** What GitHub answers to the tokens of the test. */
const gitHubAnswers: Readonly<Record<string, readonly [number, string]>> = {
  good: [200, "{}"],
  foreign: [404, '{"message":"Not Found"}'],
  expired: [401, '{"message":"Bad credentials"}'],
  unlucky: [503, ""],
};

function answerAsGitHub({ url, headers }: IncomingMessage, response: ServerResponse): void {
  const token = headers.authorization?.replace("Bearer ", "") ?? "";
  const [status, body] = gitHubAnswers[url === "/repos/acme/shop" ? token : "foreign"] ?? [401, "{}"];
  response.writeHead(status, { "content-type": "application/json" }).end(body);
}

beforeAll(async () => {
  directory = mkdtempSync(path.join(tmpdir(), "lockstep-doctor-"));
  cpSync(synthesizeApp(minimal).directory, path.join(directory, "assembly"), { recursive: true });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});

afterAll(async () => {
  rmSync(directory, { recursive: true, force: true });
  await new Promise((resolve) => server.close(resolve));
});

beforeEach(() => {
  answers = { ...emptyAccount };
  configure(`{ branch: "main" }`);
});

function configure(stage: string, source?: object): void {
  const from = source ? `source: ${JSON.stringify(source)}, ` : "";
  const config = `export default { name: "shop", ${from}app: {}, stages: { production: ${stage} } };\n`;
  writeFileSync(path.join(directory, "lockstep.config.ts"), config);
}

interface Report {
  blocked: number;
  findings: { check: string; status: string; message: string; fix: string | null }[];
}

const doctor = (...args: readonly string[]) => doctorWith({}, ...args);

async function doctorWith(
  environment: Record<string, string | undefined>,
  ...args: readonly string[]
): Promise<{ exitCode: number; report: Report }> {
  const { port } = server.address() as AddressInfo;
  const { exitCode, stdout } = await runLockstep(["doctor", "--json", ...args], {
    directory,
    environment: {
      AWS_ENDPOINT_URL: `http://localhost:${port}`,
      GITHUB_API_URL: `http://localhost:${port}`,
      AWS_REGION: "eu-west-1",
      AWS_ACCESS_KEY_ID: "AKIAEXAMPLE",
      AWS_SECRET_ACCESS_KEY: "secret",
      ...environment,
    },
  });
  return { exitCode, report: JSON.parse(stdout) as Report };
}

/** A copy of the assembly with other resources in the pipeline stack. */
function changedAssembly(name: string, resources: Record<string, object>): string {
  const assembly = path.join(directory, name);
  cpSync(path.join(directory, "assembly"), assembly, { recursive: true });
  const file = path.join(assembly, "Shop-Production-Pipeline.template.json");
  const template = JSON.parse(readFileSync(file, "utf8")) as { Resources: object };
  writeFileSync(file, JSON.stringify({ ...template, Resources: { ...template.Resources, ...resources } }));
  return assembly;
}

/** The AWS CLI, with which the connection to GitHub is read. */
const hasAwsCli = spawnSync("aws", ["--version"]).error === undefined;

const onAws = () => doctor("--app", path.join(directory, "assembly"));
const notOk = ({ findings }: Report) => findings.filter(({ status }) => status !== "ok");
const blockedBy = ({ findings }: Report) => findings.filter(({ status }) => status === "blocked");

describe("doctor", { timeout: 30_000 }, () => {
  it("reports an account that is ready, and warns of a stage without a certificate", async () => {
    const { exitCode, report } = await onAws();
    expect(report.findings.map(({ check, status, message }) => `${status} ${check}: ${message}`)).toEqual([
      expect.stringMatching(/^ok Node\.js: 24/),
      expect.stringMatching(/^ok git: git version/),
      "ok Credentials: environment variables, account 999999999999, arn:aws:iam::999999999999:user/ada",
      "ok Region: eu-west-1",
      "warning Certificate: None is configured: production traffic is not encrypted.",
      "ok Builds: quota of 60 concurrent builds",
      "ok Functions: quota of 1000 concurrent executions",
      "ok Bootstrap: version 30, at least 6 is required",
      "ok VPCs: 1 of 5 are in use",
      "ok Elastic IPs: 0 of 5 are in use",
      expect.stringMatching(/^ok Names: \d+ are free$/),
    ]);
    expect({ exitCode, blocked: report.blocked }).toEqual({ exitCode: 0, blocked: 0 });
  });

  it("finds everything that an account lacks", async () => {
    Object.assign(answers, {
      GetParameter: { error: "ParameterNotFound" },
      ListServiceQuotas: {
        Quotas: [{ QuotaName: "Concurrently running builds for Linux/Small environment", QuotaCode: "L-1", Value: 0 }],
      },
      GetAccountSettings: { AccountLimit: { ConcurrentExecutions: 10 } },
      GetServiceQuota: { Quota: { Value: 1 } },
      DescribeAddresses: `<addressesSet>${"<item><publicIp>1.2.3.4</publicIp></item>".repeat(5)}</addressesSet>`,
    });
    const { exitCode, report } = await onAws();
    expect(blockedBy(report)).toMatchObject([
      {
        check: "Builds",
        fix: expect.stringContaining("--service-code codebuild --quota-code L-1 --desired-value 1"),
      },
      { check: "Functions", message: "The quota of concurrent Lambda executions is 10; 100 are required." },
      { check: "Bootstrap", fix: "Run: npx cdk bootstrap aws://999999999999/eu-west-1" },
      { check: "VPCs", message: "1 of 1 are in use; a stage needs one more." },
      { check: "Elastic IPs", message: "5 of 5 are in use; a stage needs one more." },
    ]);
    expect(exitCode).toBe(1);
  });

  it("finds an old bootstrap stack, and what a deleted stack has left", async () => {
    Object.assign(answers, {
      GetParameter: { Parameter: { Value: "5" } },
      DescribeTable: { Table: { TableName: "shop-production" } },
      DescribeLogGroups: { logGroups: [{ logGroupName: "/ecs/shop-production" }, { logGroupName: "/ecs/x" }] },
    });
    const { exitCode, report } = await onAws();
    const blocked = blockedBy(report);
    expect([...new Set(blocked.map(({ check, message }) => `${check}: ${message}`))]).toEqual([
      "Bootstrap: Version 5 of the bootstrap stack is too old; 6 is required.",
      "Names: DynamoDB::Table shop-production exists, but belongs to no stack of this stage.",
      "Names: Logs::LogGroup /ecs/shop-production exists, but belongs to no stack of this stage.",
    ]);
    expect(blocked[1]?.fix).toContain("import it (docs/aws.md");
    expect(exitCode).toBe(1);
  });

  it("finds secrets whose names are in use until they are deleted", async () => {
    answers.DescribeSecret = { ARN: "arn:aws:secretsmanager:1", DeletedDate: 1_790_000_000 };
    const { report } = await onAws();
    expect(notOk(report)).toContainEqual({
      check: "Names",
      status: "blocked",
      message: "SecretsManager::Secret shop-production/app is scheduled for deletion; its name is in use until then.",
      fix: expect.stringContaining("Run: aws secretsmanager restore-secret --secret-id shop-production/app"),
    });
  });

  const certificateArn = "arn:aws:acm:eu-west-1:999999999999:certificate/1";
  it.each([
    {
      certificate: { error: "ResourceNotFoundException" },
      status: "blocked",
      message: `${certificateArn} does not exist.`,
    },
    {
      certificate: { Certificate: { Status: "PENDING_VALIDATION", DomainName: "shop.example" } },
      status: "blocked",
      message: "The certificate for shop.example is PENDING_VALIDATION, not ISSUED.",
    },
    {
      certificate: {
        Certificate: { Status: "ISSUED", DomainName: "shop.example", SubjectAlternativeNames: ["*.shop.example"] },
      },
      status: "ok",
      message: "issued for shop.example, *.shop.example",
    },
  ])("says of a certificate: $message", async ({ certificate, status, message }) => {
    configure(`{ branch: "main", certificateArn: "${certificateArn}" }`);
    answers.DescribeCertificate = certificate;
    const { report } = await onAws();
    expect(report.findings.filter(({ check }) => check === "Certificate")).toMatchObject([{ status, message }]);
  });

  it("refuses a certificate of another Region without a call", async () => {
    configure(`{ branch: "main", certificateArn: "arn:aws:acm:us-east-1:999999999999:certificate/1" }`);
    const { report } = await onAws();
    expect(report.findings).toContainEqual(
      expect.objectContaining({ check: "Certificate", status: "blocked", fix: "Fix: request one in eu-west-1." }),
    );
  });

  it.skipIf(!hasAwsCli).each([
    { state: "PENDING", status: "blocked", message: /is PENDING, not AVAILABLE: builds cannot read the repository\.$/ },
    { state: "AVAILABLE", status: "ok", message: /connection\/1 is available$/ },
  ])("says that the connection to GitHub is $state", async ({ state, status, message }) => {
    const Auth = { Type: "CODECONNECTIONS", Resource: "arn:aws:codeconnections:eu-west-1:999999999999:connection/1" };
    const Project = { Type: "AWS::CodeBuild::Project", Properties: { Source: { Auth } } };
    const assembly = changedAssembly("github", { Project });
    answers.GetConnection = { Connection: { ConnectionStatus: state } };
    const { report } = await doctor("--app", assembly);
    expect(report.findings).toContainEqual(
      expect.objectContaining({ check: "Connection", status, message: expect.stringMatching(message) }),
    );
  });

  const connect = "Run: lockstep github connect --stage production";
  const connectLater = `${connect}, after the stacks are deployed`;
  it.each([
    { token: "good", status: "ok", message: "the token of the stage reads acme/shop", fix: null },
    {
      token: "foreign",
      status: "blocked",
      message: "The token of the stage has no access to acme/shop.",
      fix: connect,
    },
    {
      token: "expired",
      status: "warning",
      message: "GitHub refused GET /repos/acme/shop: 401 Bad credentials.",
      fix: connectLater,
    },
    {
      token: undefined,
      status: "warning",
      message: "Secret shop-production/github-token has no GitHub token.",
      fix: connectLater,
    },
    {
      token: "unlucky",
      status: "warning",
      message: expect.stringMatching(/^Not checked: .*GitHub is temporarily unavailable/),
      fix: expect.stringMatching(/^Fix: /),
    },
  ])("checks whether the stage's token reads the repository ($token)", async ({ token, ...finding }) => {
    const connectionArn = "arn:aws:codeconnections:eu-west-1:999999999999:connection/1";
    configure(`{ branch: "main" }`, { github: { repository: "acme/shop", connectionArn } });
    answers.GetSecretValue = token === undefined ? { error: "ResourceNotFoundException" } : { SecretString: token };
    const { report } = await onAws();
    expect(report.findings.filter(({ check }) => check === "GitHub")).toEqual([{ check: "GitHub", ...finding }]);
  });

  it("counts what functions reserve, beside 100 concurrent executions that stay unreserved", async () => {
    const file = changedAssembly("reserved", {
      Webhook: { Type: "AWS::Lambda::Function", Properties: { ReservedConcurrentExecutions: 5 } },
    });
    answers.GetAccountSettings = { AccountLimit: { ConcurrentExecutions: 104 } };
    const { report } = await doctor("--app", file);
    expect(notOk(report)).toContainEqual(
      expect.objectContaining({
        check: "Functions",
        message: "The quota of concurrent Lambda executions is 104; 105 are required.",
      }),
    );
  });

  it("continues after a check that the credentials do not allow", async () => {
    answers.ListServiceQuotas = { error: "AccessDeniedException" };
    const { exitCode, report } = await onAws();
    expect(notOk(report)).toContainEqual(
      expect.objectContaining({
        check: "Builds",
        status: "warning",
        message: "Not checked: AccessDeniedException: no",
      }),
    );
    expect(report.findings.at(-1)?.check).toBe("Names");
    expect(exitCode).toBe(0);
  });

  it("ends after the first step that everything else needs", async () => {
    configure(`{ branch: "main", account: "111122223333" }`);
    const { exitCode, report } = await onAws();
    expect(notOk(report)).toEqual([
      {
        check: "AWS",
        status: "blocked",
        message:
          "Stage production is in account 111122223333, but the credentials belong to account 999999999999 (arn:aws:iam::999999999999:user/ada).",
        fix: "Fix: use credentials of 111122223333, for example with --profile.",
      },
    ]);
    expect(exitCode).toBe(1);
  });

  it("gives the whole advice of an account without credentials", async () => {
    const { report } = await doctorWith({ AWS_ACCESS_KEY_ID: undefined });
    expect(notOk(report)).toMatchObject([
      {
        check: "AWS",
        message: expect.stringContaining("no AWS credentials were found"),
        fix: expect.stringMatching(
          /^Fix: lockstep up, .* Run: aws sso login --profile <name>, then repeat the command/,
        ),
      },
    ]);
  });

  it("checks only this machine for the local cloud", async () => {
    const { report } = await doctor("--local");
    expect(report.findings.map(({ check }) => check)).toEqual([
      "Node.js",
      "git",
      "Platform",
      "flock",
      "bash",
      "Port",
      "Disk",
    ]);
  });
});
