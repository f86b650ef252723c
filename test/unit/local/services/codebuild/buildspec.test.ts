import { expect, it } from "vitest";
import { parseBuildspec } from "#local/services/codebuild/buildspec.ts";

it("takes values as they are written", () => {
  const { env } = parseBuildspec(
    "version: 0.2\nenv:\n  variables:\n    A: 1.10\n    B: yes\n    C: 007\nphases:\n  build:\n    commands: [a]",
  );
  expect(env.variables).toEqual({ A: "1.10", B: "yes", C: "007" });
});

it("reads JSON, which is YAML", () => {
  const { phases } = parseBuildspec('{\n  "version": "0.2", "phases": {"build": {"commands": ["echo \\"a: b\\""]}}}');
  expect(phases.build?.commands).toEqual(['echo "a: b"']);
});

it("keeps a command of several lines in one", () => {
  const { phases } = parseBuildspec(
    "version: 0.2\nphases:\n  build:\n    commands:\n      - |\n        a\n        b\n",
  );
  expect(phases.build?.commands).toEqual(["a\nb\n"]);
});

const of = (build: string) => `version: 0.2\nphases:\n  build:\n${build}`;

it.each([
  [
    "a colon and a blank in a command",
    'version: 0.2\n\nphases:\n  build:\n    commands:\n     - echo "Hello: world"\n',
    "Expected Commands[0] to be of string type: found subkeys instead at line 6, value of the key tag on line 5 might be empty",
  ],
  [
    "the second command of another phase",
    "version: 0.2\nphases:\n  install:\n    commands:\n      - a\n      - x: y\n",
    "Expected Commands[1] to be of string type: found subkeys instead at line 6",
  ],
  [
    "another version",
    "version: 0.1\nphases:\n  build:\n    commands: [a]",
    'version at line 1: Invalid input: expected "0.2"; found "0.1"',
  ],
  ["no phases", "version: 0.2", "phases at line 1"],
  ["an empty list of phases", "version: 0.2\nphases: {}", "at least one phase"],
  [
    "a misspelt phase",
    "version: 0.2\nphases:\n  prebuild:\n    commands: [a]",
    "phases/prebuild at line 3 is not supported by the local cloud. Supported: install, pre_build",
  ],
  ["retries", of("    on-failure: RETRY-3\n    commands: [a]"), "phases/build/on-failure at line 4"],
  [
    "another user",
    of("    run-as: builder\n    commands: [a]"),
    "phases/build/run-as at line 4 is not supported by the local cloud",
  ],
  [
    "another runtime",
    "version: 0.2\nphases:\n  install:\n    runtime-versions:\n      python: 3.x\n",
    "phases/install/runtime-versions/python at line 5",
  ],
  [
    "the parameter store",
    "version: 0.2\nenv:\n  parameter-store:\n    A: b\nphases:\n  build:\n    commands: [a]",
    "env/parameter-store at line 3",
  ],
  [
    "test reports",
    "version: 0.2\nphases:\n  build:\n    commands: [a]\nreports:\n  x: {}",
    "reports at line 5 is not supported by the local cloud",
  ],
  [
    "a variable of CodeBuild's own",
    "version: 0.2\nenv:\n  variables:\n    CODEBUILD_X: 1\nphases:\n  build:\n    commands: [a]",
    "env/variables",
  ],
  [
    "the export of a key",
    "version: 0.2\nenv:\n  exported-variables: [AWS_X]\nphases:\n  build:\n    commands: [a]",
    "variables that begin with AWS_ cannot be exported",
  ],
  [
    "the export of a secret",
    "version: 0.2\nenv:\n  secrets-manager:\n    A: b\n  exported-variables: [A]\nphases:\n  build:\n    commands: [a]",
    "A comes from Secrets Manager and cannot be exported",
  ],
  ["a tab", "version: 0.2\nphases:\n\tbuild:\n", "at line 3"],
  ["nothing", "", "The buildspec is empty"],
])("refuses %s and says where", (_story, text, message) => {
  expect(() => parseBuildspec(text)).toThrow(message);
});
