import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import {
  BatchGetImageCommand,
  CreateRepositoryCommand,
  DescribeImagesCommand,
  ECRClient,
  GetAuthorizationTokenCommand,
} from "@aws-sdk/client-ecr";
import type { Build, StartBuildCommandInput } from "@aws-sdk/client-codebuild";
import { afterAll, beforeAll, expect, it } from "vitest";
import { z } from "zod";
import { ecr } from "#local/services/ecr/index.ts";
import { logOf, pushUrl, putProject, startBuild, startBuildCloud, whenOver } from "#test/support/builds.ts";
import { workingCopy, type WorkingCopy } from "#test/support/git.ts";
import type { TestCloud } from "#test/support/local-cloud.ts";
import { buildspec } from "../../lib/buildspec.ts";
import { type ConfigInput, parseConfig } from "../../lib/config/index.ts";
import { type RegistryAccess, Repository } from "../../release-kit/image/registry.ts";
import { bundleReleaseKit } from "../../release-kit/bundle.ts";

const buildspecOf = (app: ConfigInput["app"], build: ConfigInput["build"] = {}) =>
  JSON.stringify(
    buildspec(
      parseConfig({ name: "shop", app, build, stages: { production: { branch: "main" } } }, "lockstep.config.ts"),
    ),
  );

let local: TestCloud;
let registry: ECRClient;
let source: WorkingCopy;
let kit: string;

beforeAll(async () => {
  local = await startBuildCloud({ services: [ecr] });
  registry = local.client(ECRClient);
  const created = await registry.send(
    new CreateRepositoryCommand({ repositoryName: "shop", imageTagMutability: "IMMUTABLE" }),
  );
  await putPullThroughRule();
  kit = mkdtempSync(path.join(tmpdir(), "lockstep-kit-"));
  bundleReleaseKit(kit);
  source = await workingCopy();
  const variables = {
    REPOSITORY_URI: created.repository?.repositoryUri,
    // The account's registry under the name that it has on AWS.
    BASE_IMAGE: "123456789012.dkr.ecr.eu-central-1.amazonaws.com/ecr-public/docker/library/node:24-slim",
    START_COMMAND: '["node","dist/server.js"]',
    MIGRATION_SETTINGS: '{"tool":"drizzle","folder":"drizzle","command":["node","dist/migrate.js"]}',
  };
  const EnvironmentVariables = Object.entries(variables).map(([Name, Value]) => ({ Name, Value, Type: "PLAINTEXT" }));
  const Environment = { Type: "LINUX_CONTAINER", Image: "x", ComputeType: "y", EnvironmentVariables };
  await putProject(local, {
    buildspec: buildspecOf({}),
    secondary: kit,
    properties: { Environment, Cache: { Type: "S3", Location: "shop-cache/builds" } },
  });
});
afterAll(async () => {
  source.remove();
  rmSync(kit, { recursive: true });
  await local.stop();
});

async function putPullThroughRule(): Promise<void> {
  const type = local.resourceTypes.find(({ type }) => type === "AWS::ECR::PullThroughCacheRule");
  const rule: unknown = type?.properties.parse({
    EcrRepositoryPrefix: "ecr-public",
    UpstreamRegistryUrl: "public.ecr.aws",
  });
  const context = { stackName: "test", logicalId: "Rule", generatedName: () => "rule", assetPath: () => "" };
  await type?.create(rule, context);
}

const app = {
  "package.json": JSON.stringify({
    name: "app",
    version: "1.0.0",
    scripts: { build: "node build.mjs", test: "node --test" },
    dependencies: { greeting: "file:packages/greeting" },
  }),
  "package-lock.json": JSON.stringify({
    name: "app",
    version: "1.0.0",
    lockfileVersion: 3,
    packages: {
      "": { name: "app", version: "1.0.0", dependencies: { greeting: "file:packages/greeting" } },
      "node_modules/greeting": { resolved: "packages/greeting", link: true },
      "packages/greeting": { version: "1.0.0" },
    },
  }),
  "packages/greeting/package.json": JSON.stringify({ name: "greeting", version: "1.0.0" }),
  "packages/greeting/index.js": "module.exports = 'Hello';\n",
  "build.mjs":
    'import { cpSync } from "node:fs"; cpSync("server.js", "dist/server.js"); cpSync("server.js", "dist/migrate.js");\n',
  "server.js": "console.log(require('greeting'));\n",
  "test/a.test.mjs": 'import test from "node:test"; test("passes", () => {});\n',
  ".env.example": "# The database\nPGHOST=x\n# PGPORT=5432\nSESSION_SECRET=x\n",
  "drizzle/0000_first.sql": "DROP TABLE carts;",
  "drizzle/meta/_journal.json": JSON.stringify({
    version: "7",
    dialect: "postgresql",
    entries: [{ idx: 0, version: "7", when: 1000, tag: "0000_first", breakpoints: true }],
  }),
};

async function release(files: Record<string, string>): Promise<{ commit: string; build: Build }> {
  const commit = await source.commit(files);
  await source.git("push", "--quiet", pushUrl(local), "main");
  return { commit, build: await buildAgain(commit) };
}

const buildAgain = async (commit: string, input: Partial<StartBuildCommandInput> = {}) =>
  whenOver(local, await startBuild(local, { sourceVersion: commit, ...input }), 60_000);

const exported = ({ exportedEnvironmentVariables = [] }: Build) =>
  Object.fromEntries(exportedEnvironmentVariables.map(({ name = "", value = "" }) => [name, value]));

const manifestSchema = z.object({
  config: z.object({ digest: z.string() }),
  layers: z.array(z.object({ digest: z.string() })),
});

async function manifestOf(imageDigest = "") {
  const { images = [] } = await registry.send(
    new BatchGetImageCommand({ repositoryName: "shop", imageIds: [{ imageDigest }] }),
  );
  return manifestSchema.parse(JSON.parse(images[0]?.imageManifest ?? "{}"));
}

async function registryAccess(): Promise<RegistryAccess> {
  const { authorizationData = [] } = await registry.send(new GetAuthorizationTokenCommand());
  const { proxyEndpoint = "", authorizationToken } = authorizationData[0] ?? {};
  const { host } = new URL(proxyEndpoint);
  return { baseUrl: `${proxyEndpoint}/v2/`, host, authorization: `Basic ${authorizationToken}` };
}

async function blob(digest: string): Promise<Buffer> {
  const { baseUrl, authorization } = await registryAccess();
  const answer = await fetch(`${baseUrl}shop/blobs/${digest}`, { headers: { authorization } });
  return Buffer.from(await answer.arrayBuffer());
}

/** Lines of `tar --list --verbose`: mode, owner, size, date, name. */
async function filesOf(digest: string): Promise<string[]> {
  const input = await blob(digest);
  const list = execFileSync("tar", ["--list", "--absolute-names", "--verbose", "--gzip", "--utc", "--numeric-owner"], {
    input,
  });
  return list.toString("utf8").trim().split("\n");
}

it("pushes an image and exports what the pipeline reads", async () => {
  const { commit, build } = await release(app);
  expect(build.buildStatus).toBe("SUCCEEDED");
  const { IMAGE_DIGEST, IMAGE_URI, MIGRATIONS, MIGRATION_COUNT, MIGRATION_FINDINGS, REQUIRED_VARIABLES } =
    exported(build);
  expect(IMAGE_DIGEST).toMatch(/^sha256:[0-9a-f]{64}$/);
  expect(IMAGE_URI).toBe(`${new URL(local.endpoint).host}/shop@${IMAGE_DIGEST}`);
  expect(MIGRATIONS).toMatch(/^\[\{"tag":"0000_first","when":1000,"hash":"[0-9a-f]{16}"\}\]$/);
  expect(MIGRATION_COUNT).toBe("1");
  expect(JSON.parse(MIGRATION_FINDINGS ?? "")).toEqual({
    findings: [{ tag: "0000_first", line: 1, rule: "drop-table", what: "drops table carts", relation: "carts" }],
  });
  expect(REQUIRED_VARIABLES).toBe("PGHOST,SESSION_SECRET");
  const { imageDetails = [] } = await registry.send(new DescribeImagesCommand({ repositoryName: "shop" }));
  expect(imageDetails.find(({ imageDigest }) => imageDigest === IMAGE_DIGEST)?.imageTags).toEqual([commit]);

  const { config, layers } = await manifestOf(IMAGE_DIGEST);
  expect(JSON.parse((await blob(config.digest)).toString("utf8"))).toMatchObject({
    config: { Entrypoint: ["node", "dist/server.js"], WorkingDir: "/app", User: "1000" },
  });
  expect((await blob(config.digest)).toString("utf8")).not.toContain('"Cmd"');
  const files = (await Promise.all(layers.map(({ digest }) => filesOf(digest)))).flat();
  const named = (name: string) => files.find((line) => line.endsWith(` ${name}`));
  expect(named("app/dist/server.js")).toMatch(/^-rw-r--r-- 0\/0/);
  expect(named("app/drizzle/0000_first.sql")).toBeDefined();
  expect(named("app/node_modules/greeting -> ../packages/greeting")).toMatch(/^l.* 2000-01-01 00:00/);
  expect(named("app/packages/greeting/index.js")).toBeDefined();
  expect(named("etc/ssl/rds/global-bundle.pem")).toMatch(/^-rw-r--r-- 0\/0 .* 2000-01-01 00:00/);
  expect(files.join("\n")).not.toMatch(/\.env|\.git|app\/test|\.package-lock/);
  expect((await logOf(local, build)).join("\n")).not.toContain("npm warn");
});

const workspace = {
  "mono/package.json": JSON.stringify({ name: "mono", private: true }),
  "mono/pnpm-workspace.yaml": "packages: [apps/*, packages/*]\n",
  "mono/pnpm-lock.yaml": `lockfileVersion: '9.0'
settings:
  autoInstallPeers: true
  excludeLinksFromLockfile: false
importers:
  .: {}
  apps/admin: {}
  apps/web:
    dependencies:
      '@mono/shared':
        specifier: workspace:*
        version: link:../../packages/shared
  packages/shared: {}
`,
  "mono/apps/admin/package.json": JSON.stringify({ name: "admin", scripts: { build: "exit 1" } }),
  "mono/apps/web/package.json": JSON.stringify({
    name: "web",
    scripts: { build: "mkdir dist && node -p 'require(\"@mono/shared\") + process.version' > dist/server.js" },
    dependencies: { "@mono/shared": "workspace:*" },
  }),
  "mono/packages/shared/package.json": JSON.stringify({
    name: "@mono/shared",
    main: "dist/index.js",
    scripts: { build: "mkdir dist && echo 'module.exports = 1;' > dist/index.js" },
  }),
};

it("builds an app in a pnpm workspace, with the packages that it depends on and its version of Node.js", async () => {
  const commit = await source.commit(workspace);
  await source.git("push", "--quiet", pushUrl(local), "main");
  const build = await buildAgain(commit, {
    buildspecOverride: buildspecOf({ root: "mono/apps/web", node: 22 }, { test: ["pnpm store path"] }),
  });
  const log = (await logOf(local, build)).join("\n");
  expect(log).toContain("Release kit: pnpm install --frozen-lockfile (pnpm: pnpm-lock.yaml, Node.js v22.");
  expect(log).toMatch(/\/codebuild\/pnpm-store\/v\d+$/m);
  const { IMAGE_DIGEST, WATCHED_PATHS = "" } = exported(build);
  const paths: unknown = JSON.parse(WATCHED_PATHS);
  expect(paths).toEqual(expect.arrayContaining(["mono/*", "mono/packages/shared/**", "mono/apps/web/**"]));
  expect(paths).not.toContain("mono/apps/admin/**");
  const { config, layers } = await manifestOf(IMAGE_DIGEST);
  expect(JSON.parse((await blob(config.digest)).toString("utf8"))).toMatchObject({
    config: { WorkingDir: "/app/apps/web" },
  });
  const files = (await Promise.all(layers.map(({ digest }) => filesOf(digest)))).flat().join("\n");
  expect(files).toContain("app/apps/web/node_modules/@mono/shared -> ../../../../packages/shared");
  for (const file of ["apps/web/dist/server.js", "packages/shared/dist/index.js"])
    expect(files).toContain(`app/${file}`);
  expect(files).not.toContain("apps/admin");
}, 60_000);

it("gives the tests a PostgreSQL that is gone after them", async () => {
  // PostgreSQL answers a request for TLS with one byte.
  const test = `const socket = require("node:net").connect(process.env.PGPORT, process.env.PGHOST);
    socket.write(Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]));
    socket.once("data", (answer) => (console.log("answer", String(answer), process.env.DATABASE_URL), process.exit()));`;
  const commit = await source.commit({ ...app, "query.cjs": test });
  await source.git("push", "--quiet", pushUrl(local), "main");
  const build = await buildAgain(commit, {
    buildspecOverride: buildspecOf({}, { database: true, test: ["node query.cjs"] }),
  });
  expect(build.buildStatus).toBe("SUCCEEDED");
  const [, port] =
    /^answer N postgresql:\/\/postgres:[0-9a-f]+@127\.0\.0\.1:(\d+)\/postgres$/m.exec(
      (await logOf(local, build)).join("\n"),
    ) ?? [];
  await expect(once(connect(Number(port), "127.0.0.1"), "connect")).rejects.toThrow("ECONNREFUSED");
}, 60_000);

it("gives the same digest for the same commit, wherever and whenever it is built", async () => {
  const { commit, build } = await release({ "server.js": "console.log(require('greeting'), 2);\n" });
  const again = await buildAgain(commit);
  expect(exported(again).IMAGE_DIGEST).toBe(exported(build).IMAGE_DIGEST);
  expect(await logOf(local, again)).toContain(`The image of ${commit} is already in the registry`);
});

it("sends certificates and dependencies once for releases that share them", async () => {
  const one = await release({ "server.js": "console.log(require('greeting'), 3);\n" });
  const two = await release({ "server.js": "console.log(require('greeting'), 4);\n" });
  const [first, second] = await Promise.all([one, two].map(({ build }) => manifestOf(exported(build).IMAGE_DIGEST)));
  const [certificates, dependencies, files] = second?.layers ?? [];
  expect([certificates, dependencies]).toEqual(first?.layers.slice(0, 2));
  expect(files).not.toEqual(first?.layers[2]);
  const log = (await logOf(local, two.build)).join("\n");
  expect(log).toContain("Dependencies: 2 files, unchanged since an earlier build, already in the registry");
});

it("installs nothing while the lock file is unchanged, but runs the app's own install scripts", async () => {
  const manifest = JSON.parse(app["package.json"]) as Record<string, object>; // written above
  const lock = JSON.stringify({ ...JSON.parse(app["package-lock.json"]), version: "2.0.0" });
  const withScript = { ...manifest, scripts: { ...manifest.scripts, postinstall: "echo by-the-app" } };
  const files = { ...app, "package.json": JSON.stringify(withScript), "package-lock.json": lock };
  const [first, second] = [
    await release(files),
    await release({ "server.js": "console.log(require('greeting'), 5);\n" }),
  ];
  const [log, later] = await Promise.all([first, second].map(({ build }) => logOf(local, build)));
  expect(log?.filter((line) => line.startsWith("Release kit: npm ci"))).toHaveLength(1);
  expect(later).toContain("Release kit: dependencies from the cache, because package-lock.json is unchanged");
  expect(later?.filter((line) => line.startsWith("Release kit: npm ci"))).toEqual([]);
  for (const lines of [log, later]) expect(lines).toContain("by-the-app");
  const [one, two] = await Promise.all([first, second].map(({ build }) => manifestOf(exported(build).IMAGE_DIGEST)));
  expect(two?.layers[1]).toEqual(one?.layers[1]);
});

it("adds the assets of a release to the live image, below its app, so that no file of it changes", async () => {
  const withAsset = (version: number) => ({
    "build.mjs": `import { cpSync } from "node:fs";
      for (const name of ["server.js", "migrate.js", "assets/page-Aa0000${version}x.js"]) cpSync("server.js", "dist/" + name);`,
  });
  const { build: first } = await release({ ...app, ...withAsset(1) });
  const live = exported(first);
  expect(live.ASSETS_IMAGE_DIGEST).toBe("");
  const variables = ["EARLIER_IMAGES", "LIVE_IMAGE"].map((name) => ({ name, value: live.IMAGE_DIGEST ?? "" }));
  const commit = await source.commit(withAsset(2));
  await source.git("push", "--quiet", pushUrl(local), "main");
  const second = exported(await buildAgain(commit, { environmentVariablesOverride: variables }));
  const [before, next, extended] = await Promise.all(
    [live.IMAGE_DIGEST, second.IMAGE_DIGEST, second.ASSETS_IMAGE_DIGEST].map((digest) => manifestOf(digest)),
  );
  const own = next?.layers.at(-1);
  expect(extended?.layers).toEqual([...(before?.layers.slice(0, -2) ?? []), own, ...(before?.layers.slice(-2) ?? [])]);
  expect(await filesOf(own?.digest ?? "")).toEqual([expect.stringMatching(/ app\/dist\/assets\/page-Aa00002x\.js$/)]);
  const again = await buildAgain(commit, {
    environmentVariablesOverride: variables.map(({ name }) => ({ name, value: second.ASSETS_IMAGE_DIGEST ?? "" })),
  });
  expect(exported(again)).toMatchObject({ IMAGE_DIGEST: second.IMAGE_DIGEST, ASSETS_IMAGE_DIGEST: "" });
}, 60_000);

it("copies the layers of a base image from their repository, once", async () => {
  await registry.send(new CreateRepositoryCommand({ repositoryName: "base" }));
  const access = await registryAccess();
  const [base, shop] = [new Repository("base", access), new Repository("shop", access)];
  const content = Buffer.from(`a layer of ${Date.now()}`);
  const digest = `sha256:${createHash("sha256").update(content).digest("hex")}`;
  await base.upload({ digest, body: async () => content });
  await shop.copy(digest, base);
  expect(await blob(digest)).toEqual(content);
  await shop.copy(digest, new Repository("no-such-repository", access));
});

it("keeps both images of a commit whose build does not give the same twice", async () => {
  const { commit, build } = await release({
    "build.mjs":
      'import { mkdirSync, writeFileSync } from "node:fs"; mkdirSync("dist"); writeFileSync("dist/migrate.js", ""); writeFileSync("dist/server.js", `// ${Math.random()}`);\n',
  });
  const again = await buildAgain(commit);
  expect(again.buildStatus).toBe("SUCCEEDED");
  expect(exported(again).IMAGE_DIGEST).not.toBe(exported(build).IMAGE_DIGEST);
  const { imageDetails = [] } = await registry.send(new DescribeImagesCommand({ repositoryName: "shop" }));
  const tags = imageDetails.flatMap(({ imageTags = [] }) => imageTags);
  expect(tags).toEqual(expect.arrayContaining([commit, `${commit}-${again.buildNumber}`]));
});

it.each([
  [
    "a migration whose file is missing",
    { "drizzle/meta/_journal.json": JSON.stringify({ dialect: "postgresql", entries: [{ tag: "0001_x", when: 1 }] }) },
    "Release kit: drizzle/meta/_journal.json names the migration 0001_x, but drizzle/0001_x.sql does not exist",
  ],
  [
    "a migration that PostgreSQL cannot read",
    { "drizzle/0000_first.sql": "SELECT 1;\nDROPP TABLE carts;" },
    'Release kit: drizzle/0000_first.sql, line 2: syntax error at or near "DROPP"',
  ],
  ["an invalid .env.example", { ".env.example": "PGHOST\n" }, "Release kit: .env.example, line 1"],
  ["a build that does not create the server", { "build.mjs": "\n" }, "the build did not create dist/server.js"],
])("fails for %s", async (_story, files, message) => {
  const { build } = await release({ ...app, ...files });
  expect(build.buildStatus).toBe("FAILED");
  expect((await logOf(local, build)).join("\n")).toContain(message);
  expect(exported(build)).toEqual({});
});

it("goes no further when the app's tests fail", async () => {
  const { build } = await release({ ...app, "test/a.test.mjs": "throw new Error('broken');\n" });
  expect(build.buildStatus).toBe("FAILED");
  expect(build.phases?.map(({ phaseType }) => phaseType)).not.toContain("POST_BUILD");
});

it("installs when package.json has other dependencies than the lock file, so that npm refuses it", async () => {
  const dependencies = { greeting: "file:packages/greeting", another: "1.0.0" };
  const { build } = await release({
    ...app,
    "package.json": JSON.stringify({ ...JSON.parse(app["package.json"]), dependencies }),
  });
  expect(build.buildStatus).toBe("FAILED");
  const log = (await logOf(local, build)).join("\n");
  expect(log).toContain("dependencies in the cache belong to other files than those of this commit");
  expect(log).toContain("Release kit: npm ci: ended with exit status 1");
});

it("is bundled to the same bytes every time", () => {
  const other = mkdtempSync(path.join(tmpdir(), "lockstep-kit-"));
  bundleReleaseKit(other);
  const files = (folder: string) =>
    readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isFile() && /\.[cm]js$/.test(entry.name))
      .map(({ name }) => [
        name,
        createHash("sha256")
          .update(readFileSync(path.join(folder, name)))
          .digest("hex"),
      ]);
  expect(files(other)).toEqual(files(kit));
  rmSync(other, { recursive: true });
});
