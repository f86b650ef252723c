import type { Config } from "../../lib/config/index.ts";
import { blocked, type Finding, ok, warning } from "../doctor/finding.ts";
import { compiledFile } from "../repository/build-output.ts";
import { inFolder, type Repository } from "../repository/repository.ts";
import { isDevelopmentServer } from "../repository/scripts.ts";
import type { Survey } from "../repository/survey.ts";
import { findMissingProgram } from "./missing-program.ts";

/** The start command, the port and the health check. */
export function checkStart(repository: Repository, config: Config, survey: Survey): Finding[] {
  return [checkCommand(repository, config, survey), ...checkPort(config, survey), checkHealth(config, survey)];
}

function checkCommand(repository: Repository, { app, build }: Config, survey: Survey): Finding {
  const command = app.start.join(" ");
  if (isDevelopmentServer(app.start))
    return blocked(
      "Start",
      `${command} is a development server`,
      'Fix: set app.start to the command that runs the built app, such as ["node", "dist/server.js"].',
    );
  const missing = findMissingProgram(app.start, survey);
  if (missing) return blocked("Start", `${command}: ${missing.problem}`, missing.fix);
  const file = scriptOf(app.start);
  const hasBuild =
    survey.build.buildScript !== undefined || survey.build.buildspec !== undefined || build.commands !== undefined;
  if (file === undefined || isInRepository(repository, survey.root, file)) return ok("Start", command);
  if (!hasBuild)
    return blocked(
      "Start",
      `${command}: ${file} is not in the repository, and nothing builds it`,
      "Fix: correct app.start, or add a script build to package.json.",
    );
  const source = survey.sources.find((candidate) => compiledFile(repository, survey.root, candidate.file) === file);
  return ok("Start", `${command}, which the build creates${source ? ` from ${source.file}` : ""}`);
}

/** `node dist/main` may leave out the extension. */
const isInRepository = (repository: Repository, root: string, file: string) =>
  ["", ".js", ".cjs", "/index.js"].some((end) => repository.has(inFolder(root, `${file}${end}`)));

function scriptOf([program = "", ...args]: readonly string[]): string | undefined {
  return program === "node" ? args.find((arg) => !arg.startsWith("-")) : undefined;
}

function checkPort({ app }: Config, { port, loopbackHost }: Survey): Finding[] {
  return [describePort(app.port, port), ...(loopbackHost ? [describeHost(loopbackHost)] : [])];
}

function describePort(configured: number, port: Survey["port"]): Finding {
  const fix = `Fix: listen on process.env.PORT, for example: .listen(process.env.PORT ?? ${port?.value.kind === "fixed" ? port.value.port : configured})`;
  if (port === undefined)
    return warning(
      "Port",
      `The app gets ${configured} as PORT; where it listens was not recognized`,
      "Fix: make sure that it listens on process.env.PORT.",
    );
  if (port.value.kind === "variable")
    return ok("Port", `${configured}, passed as PORT (${port.evidence}: ${port.reason})`);
  if (port.value.kind === "other-variable")
    return blocked(
      "Port",
      `${port.evidence}: the app reads ${port.value.name} and no PORT`,
      `Fix: listen on process.env.PORT; ${port.value.name} can be the second choice.`,
    );
  const agreement =
    port.value.port === configured
      ? `, as app.port; the local cloud cannot run two releases on one port`
      : `, but app.port is ${configured}`;
  return blocked("Port", `${port.evidence}: listens on ${port.value.port}, reads no PORT${agreement}`, fix);
}

const describeHost = ({ value, evidence }: { value: string; evidence: string }) =>
  blocked(
    "Address",
    `${evidence}: listens on ${value}, which the load balancer cannot reach`,
    "Fix: remove the host, or listen on 0.0.0.0.",
  );

function checkHealth({ app: { health } }: Config, { health: route }: Survey): Finding {
  const check = `GET ${health.path} answers ${health.accept}`;
  if (route?.value === health.path) return ok("Health", `${check} (${route.evidence})`);
  if (route)
    return warning(
      "Health",
      `${check}; the route was not recognized, but ${route.value} was (${route.evidence})`,
      `Fix: set app.health: { path: "${route.value}" }, unless ${health.path} exists.`,
    );
  return warning(
    "Health",
    `${check}; the route was not recognized`,
    "Fix: add a route that answers 200 when the app can reach its database, and set app.health.path.",
  );
}
