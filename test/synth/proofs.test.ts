import { expect, it } from "vitest";
import { complete, threeStages } from "../prove/configurations.ts";
import { featureFlags } from "../prove/feature-flags.ts";
import { options } from "../prove/options.ts";
import { resourceSchemas } from "../prove/resource-schemas.ts";

// `npm run prove` checks more configurations.
const proofs = [featureFlags, resourceSchemas, options({ complete, threeStages })];

it.each(proofs)(
  "$name: no findings",
  async ({ run }) => {
    expect((await run()).findings).toEqual([]);
  },
  300_000,
);
