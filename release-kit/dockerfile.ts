import { existsSync, readFileSync } from "node:fs";
import path from "node:path";

/** What to set instead of the app's Dockerfile, which builds do not use: they have no Docker. Empty without one. */
export function dockerfileAdvice(directory: string): string {
  const file = path.join(directory, "Dockerfile");
  if (!existsSync(file)) return "";
  // The instructions of the last stage, which becomes the image.
  const instructions =
    readFileSync(file, "utf8")
      .replaceAll(/\\\r?\n/g, " ")
      .split(/^\s*FROM\s/im)
      .at(-1) ?? "";
  const last = (name: string) =>
    [...instructions.matchAll(new RegExp(`^\\s*${name}\\s+(.+)$`, "gim"))].at(-1)?.[1]?.trim();
  const command = [last("ENTRYPOINT"), last("CMD")].flatMap((text) => argumentsOf(text));
  const settings = [
    command.length > 0 ? `app.start to ${JSON.stringify(command)}` : "app.start to the command that starts the app",
    ...(last("EXPOSE") === undefined ? [] : [`app.port to ${last("EXPOSE")}`]),
    "build.commands to what its RUN instructions do",
  ];
  return ` The Dockerfile is not used; in lockstep.config.ts, set ${settings.join(", ")}.`;
}

function argumentsOf(text: string | undefined): string[] {
  if (text === undefined) return [];
  try {
    const list: unknown = JSON.parse(text);
    if (Array.isArray(list)) return list.map(String);
  } catch {
    // The form for a shell.
  }
  return text.split(/\s+/);
}
