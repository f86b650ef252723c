import type { Config } from "../../lib/config/index.ts";
import { blocked, type Finding, ok, warning } from "../doctor/finding.ts";
import { supportedVersions } from "../repository/node-version.ts";
import type { Survey } from "../repository/survey.ts";

const commands = {
  npm: "npm ci",
  pnpm: "pnpm install --frozen-lockfile",
  yarn: "yarn install, with the lock file unchanged",
} as const;

/** How a build installs the dependencies, and with which Node.js. */
export function checkInstall(config: Config, survey: Survey): Finding[] {
  return [checkDependencies(config, survey), checkNode(config, survey)];
}

function checkDependencies({ build }: Config, { packageManager, build: own }: Survey): Finding {
  const { value, evidence, reason } = packageManager;
  const check = "Dependencies";
  if (own.buildspec) return ok(check, `installed by ${own.buildspec.evidence}`);
  if (build.install) return ok(check, `installed with: ${build.install.join("; ")} (build.install)`);
  if (value.manager === "bun")
    return blocked(
      check,
      `Bun's lock file (${evidence}); builds install with npm, pnpm or Yarn`,
      "Fix: create package-lock.json with npm install, or set build.install to commands that install the dependencies.",
    );
  if (value.lockFiles.length === 0)
    return blocked(
      check,
      `No lock file for ${value.manager}; a build could install other versions than you tested`,
      `Fix: run ${value.manager} install, and commit its lock file.`,
    );
  if (value.lockFiles.length > 1)
    return blocked(
      check,
      `More than one lock file: ${value.lockFiles.join(", ")}`,
      "Fix: delete the one that you do not use, or set packageManager in package.json.",
    );
  return ok(check, `${commands[value.manager]} (${reason}, ${evidence})`);
}

function checkNode({ app }: Config, { node }: Survey): Finding {
  const check = "Node.js";
  if (node === undefined) return ok(check, `${app.node} (app.node; the repository names no version)`);
  const { value, evidence } = node;
  if (value.version === undefined)
    return warning(
      check,
      `${app.node} (app.node), but ${evidence} asks for ${value.text}`,
      `Fix: use one of ${supportedVersions.join(", ")} in ${evidence}.`,
    );
  if (value.version !== app.node && !allowsBoth(value.text))
    return warning(
      check,
      `${app.node} (app.node), but ${evidence} asks for ${value.text}`,
      `Fix: set app.node: ${value.version}.`,
    );
  return ok(check, `${app.node} (${evidence}: ${value.text})`);
}

/** A range allows several versions. */
const allowsBoth = (text: string) => /[<>^~|*x-]/.test(text);
