import { AwsSolutionsChecks, NIST80053R5Checks } from "cdk-nag";
import type { ConfigInput } from "../../lib/config/index.ts";
import { configurations } from "./configurations.ts";
import { acceptedFindings } from "./guideline-reasons.ts";
import type { Proof } from "./proof.ts";
import { createApp } from "./synthesize-app.ts";

/** The rules of cdk-nag: AWS Solutions and NIST 800-53 revision 5. */
export const guidelines = (chosen: Readonly<Record<string, ConfigInput>> = configurations): Proof => ({
  name: "AWS Solutions, NIST 800-53 r5",
  async run() {
    const violations = [...new Set(Object.values(chosen).flatMap(violationsOf))];
    const isAccepted = (violation: string) => acceptedFindings.some(({ finding }) => finding.test(violation));
    const stale = acceptedFindings.filter(({ finding }) => !violations.some((violation) => finding.test(violation)));
    return {
      checked: `${Object.keys(chosen).length} configurations, ${violations.filter(isAccepted).length} findings with one of ${acceptedFindings.length} reasons`,
      findings: [
        ...violations.filter((violation) => !isAccepted(violation)),
        ...stale.map(({ finding }) => `${finding.source} has a reason but is no finding`),
      ],
    };
  },
});

/** `Rule[finding] path/of/construct` */
function violationsOf(config: ConfigInput): string[] {
  const app = createApp(config);
  return [new AwsSolutionsChecks(app), new NIST80053R5Checks(app)].flatMap((pack) =>
    pack
      .validateScope(app)
      .violations.flatMap(({ ruleName, violatingResources }) =>
        violatingResources.map(({ constructPath = "" }) => `${ruleName} ${constructPath}`),
      ),
  );
}
