import { readdirSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { parseConfig } from "../../../../lib/config/index.ts";
import { listApps, manifestOf } from "../../../../cli/init/choose-app.ts";
import { minimalConfig } from "../../../../cli/init/minimal-config.ts";
import { proposeConfig } from "../../../../cli/init/propose-config.ts";
import { renderConfig } from "../../../../cli/init/render-config.ts";
import { openRepository } from "../../../../cli/repository/repository.ts";
import { surveyApp } from "../../../../cli/repository/survey.ts";
import { surveyOf } from "../support/repository.ts";

const apps = path.resolve(import.meta.dirname, "../../../shapes/apps");
const place = { name: "shop", branch: "main" };

describe("the configuration of each shape of app", () => {
  test.each(readdirSync(apps))("%s", (shape) => {
    const repository = openRepository(path.join(apps, shape));
    const [app] = listApps(repository, ".");
    const root = app?.value ?? ".";
    const survey = surveyApp(repository, root, manifestOf(repository, root));
    const config = proposeConfig(survey, { name: shape, branch: "main" });
    const text = renderConfig(minimalConfig(config));
    expect(text.trimEnd().split("\n").length).toBeLessThan(15);
    expect(text.trimEnd()).toMatchSnapshot();
    expect(parseConfig(minimalConfig(config), "x")).toEqual(parseConfig(config, "x"));
  });
});

test("without a health check, the start page may answer or redirect", () => {
  expect(proposeConfig(surveyOf({}), place)).toMatchObject({ app: { health: { path: "/", accept: "200-399" } } });
});

test("answers come before guesses", () => {
  const files = { "package.json": { scripts: { start: "node a.js" } }, "a.js": "app.get('/ping', x)" };
  const answers = { start: ["node", "b.js"], healthPath: "/up", variables: { MAIL_FROM: "a@example.com" } };
  expect(proposeConfig(surveyOf(files), place, answers)).toMatchObject({
    app: { start: ["node", "b.js"], health: { path: "/up" } },
    stages: { production: { variables: { MAIL_FROM: "a@example.com" } } },
  });
});

test("secrets between the app and itself are generated", () => {
  expect(proposeConfig(surveyOf({ "a.js": "use(process.env.JWT_SECRET)" }), place)).toMatchObject({
    app: { generated: ["JWT_SECRET"] },
  });
});
