import { assertNever } from "../../core/errors.ts";
import { type DeploymentRecord, latestStep, stepNames } from "../../core/record.ts";

/** What GitHub shows of a deployment: a commit status, and the state of a GitHub deployment. */
export interface Report {
  readonly status: "pending" | "success" | "failure";
  readonly state: "pending" | "in_progress" | "success" | "failure" | "inactive";
  readonly description: string;
}

interface Releases {
  /** Deployment of the live release. */
  readonly live: string | undefined;
  /** Deployments whose releases were rolled back. */
  readonly withdrawn: ReadonlySet<string>;
}

/** GitHub refuses longer descriptions: https://docs.github.com/en/rest/commits/statuses */
const longest = 140;

export function describeDeployment(record: DeploymentRecord, releases: Releases): Report {
  const report = reportOf(record, releases);
  return { ...report, description: shortLine(report.description) };
}

function reportOf(record: DeploymentRecord, { live, withdrawn }: Releases): Report {
  switch (record.status) {
    case "running": {
      const step = latestStep(record) ?? "Acquire lock";
      if (step === "Acquire lock")
        return { status: "pending", state: "pending", description: "Waits for the lock of the stage" };
      const number = stepNames.findIndex((name) => name === step) + 1;
      return { status: "pending", state: "in_progress", description: `${step} (${number} of ${stepNames.length})` };
    }
    case "superseded":
      return { status: "success", state: "inactive", description: "Not deployed: superseded by a newer push" };
    case "failed": {
      const { error = "Failed", step = "", cause = "" } = record.failure ?? {};
      const suffix = record.rollback?.outcome === "rolled-back" ? ", rolled back" : "";
      return { status: "failure", state: "failure", description: `${error} in ${step}${suffix}: ${cause}` };
    }
    case "succeeded":
      if (record.deployment === live) return { status: "success", state: "success", description: "Deployed" };
      return withdrawn.has(record.deployment)
        ? { status: "failure", state: "inactive", description: "Deployed, then rolled back" }
        : { status: "success", state: "inactive", description: "Deployed, then replaced by a newer release" };
    default:
      return assertNever(record.status);
  }
}

export function shortLine(text: string): string {
  const [line = ""] = text.split("\n");
  return line.length <= longest ? line : `${line.slice(0, longest - 1)}…`;
}
