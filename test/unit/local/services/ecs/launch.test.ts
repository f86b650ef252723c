import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { launchOf, type LaunchRequest } from "#local/services/ecs/launch.ts";
import { taskDefinitionSchema } from "#local/services/ecs/task-definition.ts";

let root: string;
let request: LaunchRequest;

const settings = (container: object) => {
  const { containerDefinitions } = taskDefinitionSchema.parse({
    family: "app",
    cpu: "256",
    memory: "512",
    networkMode: "awsvpc",
    requiresCompatibilities: ["FARGATE"],
    containerDefinitions: [{ name: "app", image: "app:1", ...container }],
  });
  const [first] = containerDefinitions;
  if (!first) throw new Error("no container");
  return first;
};

beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), "launch-"));
  mkdirSync(path.join(root, "app/bin"), { recursive: true });
  for (const name of ["app/server.js", "app/bin/tool"]) writeFileSync(path.join(root, name), "");
  chmodSync(path.join(root, "app/bin/tool"), 0o755);
  const image = {
    digest: "sha256:1",
    root,
    env: ["PATH=/app/bin:/usr/bin", "PORT=3000"],
    entryPoint: [],
    command: ["node", "server.js"],
    workingDirectory: "/app",
  };
  request = {
    settings: settings({}),
    override: undefined,
    image,
    node: process.execPath,
    secrets: {},
    platform: {},
    ports: {},
    scratch: "/scratch",
    databaseAuthority: "/absent",
  };
});
afterEach(() => rmSync(root, { recursive: true }));

const launch = (container: object, more: Partial<LaunchRequest> = {}) =>
  launchOf({ ...request, settings: settings(container), ...more });

describe("what is run", () => {
  it("is the image's command in the image's directory, by this machine's Node", () => {
    expect(launch({})).toMatchObject({ argv: [process.execPath, "server.js"], cwd: path.join(root, "app") });
  });

  it("is the definition's entry point, which makes the image's command void", () => {
    expect(launch({ entryPoint: ["node", "-v"] }).argv).toEqual([process.execPath, "-v"]);
    expect(launch({ entryPoint: ["node"], command: ["a"] }).argv).toEqual([process.execPath, "a"]);
  });

  it("is the override's command, if there is one", () => {
    const override = { name: "app", command: ["node", "b"], environment: [] };
    expect(launch({ command: ["node", "a"] }, { override }).argv).toEqual([process.execPath, "b"]);
  });

  it.each([
    [["tool", "x"], "app/bin/tool", "x"],
    [["/app/bin/tool", "/app/server.js"], "app/bin/tool", "app/server.js"],
    [["bin/tool", "/etc/passwd"], "app/bin/tool", "/etc/passwd"],
  ])("finds %j among the image's files", (command, program, argument) => {
    const inImage = argument.startsWith("app/") ? path.join(root, argument) : argument;
    expect(launch({ command }).argv).toEqual([path.join(root, program), inImage]);
  });

  it("does not climb out of the image", () => {
    expect(() => launch({ workingDirectory: "/../../.." })).not.toThrow();
    expect(launch({ workingDirectory: "/../../.." }).cwd).toBe(`${root}/`);
  });

  it("names a program that is not there", () => {
    expect(() => launch({ command: ["absent"] })).toThrow('exec: "absent": executable file not found in $PATH');
  });
});

describe("the environment", () => {
  it("is the image's, the definition's, the override's, the secrets and the platform's, later ones first", () => {
    const environment = [
      { name: "A", value: "1" },
      { name: "B", value: "1" },
      { name: "C", value: "1" },
    ];
    const override = {
      name: "app",
      environment: [
        { name: "B", value: "2" },
        { name: "C", value: "2" },
      ],
    };
    const { env } = launch({ environment }, { override, secrets: { C: "3" }, platform: { AWS_REGION: "x" } });
    expect(env).toMatchObject({ A: "1", B: "2", C: "3", AWS_REGION: "x", HOME: "/scratch" });
    expect(Object.keys(env).toSorted()).toEqual([
      "A",
      "AWS_REGION",
      "B",
      "C",
      "HOME",
      "HOST",
      "PATH",
      "PORT",
      "TMPDIR",
    ]);
  });

  it("refers to files of the image", () => {
    const value = (name: string) => launch({ environment: [{ name: "FILE", value: name }] }).env.FILE;
    expect(value("/app/server.js")).toBe(path.join(root, "app/server.js"));
    expect(["/app", "/app/absent", "app/server.js"].map(value)).toEqual(["/app", "/app/absent", "app/server.js"]);
  });

  it("refers to the image's RDS bundle with the local authority added", () => {
    writeFileSync(path.join(root, "global-bundle.pem"), "of AWS\n");
    writeFileSync(path.join(root, "rds-ca.pem"), "local\n");
    const environment = [{ name: "PGSSLROOTCERT", value: "/global-bundle.pem" }];
    const more = { scratch: path.join(root, "app"), databaseAuthority: path.join(root, "rds-ca.pem") };
    const { env } = launch({ environment }, more);
    expect(readFileSync(env.PGSSLROOTCERT ?? "", "utf8")).toBe("of AWS\nlocal\n");
    expect(readFileSync(path.join(root, "global-bundle.pem"), "utf8")).toBe("of AWS\n");
  });

  it("has this machine's Node first in its path, then the image's programs", () => {
    const [node, own] = launch({}).env.PATH?.split(":") ?? [];
    expect([node, own]).toEqual([path.dirname(process.execPath), path.join(root, "app/bin")]);
  });

  it.each([
    { story: "the container's port", port: "3000", ports: { 3000: 40001 }, wanted: "40001" },
    { story: "another port of the container", port: "8080", ports: { 3000: 40001, 8080: 40002 }, wanted: "40002" },
    {
      story: "its own value, when that is no port of the container",
      port: "/sock",
      ports: { 3000: 1 },
      wanted: "/sock",
    },
  ])("has in PORT $story", ({ port, ports, wanted }) => {
    expect(launch({ environment: [{ name: "PORT", value: port }] }, { ports }).env.PORT).toBe(wanted);
  });
});
