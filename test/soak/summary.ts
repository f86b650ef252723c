import type { Deployment } from "./deployment.ts";

interface Run {
  readonly seed: number;
  readonly minutes: number;
  /** Failed requests that no kill explains. */
  readonly unexplained: number;
}

/** The result of a run in one line, and whether it is the expected one. */
export function summary(deployments: readonly Deployment[], { seed, minutes, unexplained }: Run) {
  const sum = (count: (deployment: Deployment) => number) =>
    deployments.reduce((total, deployment) => total + count(deployment), 0);
  const ended = (outcome: Deployment["outcome"]) => sum((deployment) => (deployment.outcome === outcome ? 1 : 0));
  const problems = sum((deployment) => deployment.problems.length);
  const failed = sum(({ visits, commit }) => visits.failures.filter(({ release }) => release !== commit).length);
  const parts = [
    `seed ${seed}: ${sum(({ kills }) => kills.length)} kills in ${deployments.length} deployments and ${minutes} minutes`,
    `${ended("deployed")} deployed, ${ended("rolled back")} rolled back, ${ended("stuck")} stuck`,
    `${sum(({ rowsLost }) => rowsLost)} of ${sum(({ visits }) => visits.acknowledged.size)} acknowledged writes lost`,
    `${failed} of ${sum(({ visits }) => visits.requests)} requests failed, ${unexplained} of them without a killed part`,
    `${problems} problems`,
  ];
  return { text: `${parts.join("; ")}.`, passed: problems === 0 && unexplained === 0 };
}
