import { dependsOn } from "../repository/manifest.ts";
import type { PackageManager } from "../repository/package-manager.ts";
import type { Survey } from "../repository/survey.ts";

const install: Readonly<Record<PackageManager, string>> = {
  npm: "npm install --save-dev lockstep",
  pnpm: "pnpm add --save-dev lockstep",
  yarn: "yarn add --dev lockstep",
  bun: "bun add --dev lockstep",
};

/** What to run after the files are written. */
export function nextCommands(survey: Survey, files: readonly string[], hasCommits: boolean): string[] {
  const { manager } = survey.packageManager.value;
  const isInstalled = dependsOn(survey.manifest, "lockstep");
  const isWorkspace = survey.root !== "." && manager === "pnpm";
  return [
    ...(isInstalled ? [] : [isWorkspace ? `${install[manager]} --workspace-root` : install[manager]]),
    hasCommits
      ? `git add ${files.join(" ")} && git commit -m "Configure Lockstep"`
      : 'git init && git add --all && git commit -m "Add the app"', // harmless in a repository without commits
    ...firstDeployment(survey),
  ];
}

/** Variables are set in a stage that exists, before the first deployment needs them. */
function firstDeployment({ variables: { open } }: Survey): string[] {
  if (open.length === 0) return ["npx lockstep up"];
  const secrets = open.map(({ value }) => `npx lockstep secret set ${value.name}`);
  return ["npx lockstep up --empty --detach", ...secrets, "npx lockstep push"];
}
