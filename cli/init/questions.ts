import type { Survey } from "../repository/survey.ts";
import { splitCommands } from "../repository/scripts.ts";
import type { Answers } from "./propose-config.ts";

/** Asks for what the repository does not show. An empty answer leaves the best guess. */
export async function askForMissing(survey: Survey, ask: (question: string) => Promise<string>): Promise<Answers> {
  const start = survey.start === undefined ? await ask("Command that starts the app, such as node dist/server.js") : "";
  const healthPath =
    survey.health === undefined
      ? await ask("Path that answers 200 when the app is ready, such as /health (Enter: / may answer 200 to 399)")
      : "";
  const variables: Record<string, string> = {};
  for (const { value } of survey.variables.open) {
    if (value.isSecret) continue;
    const text = await ask(`Value of ${value.name} in production (Enter: later)`);
    if (text !== "") variables[value.name] = text;
  }
  return {
    ...(start !== "" && { start: splitCommands(start)?.[0] ?? ["sh", "-c", start] }),
    ...(healthPath !== "" && { healthPath: healthPath.startsWith("/") ? healthPath : `/${healthPath}` }),
    variables,
  };
}
