import { colour } from "../terminal/text.ts";

/** The result of a check. A blocked one makes a deployment fail. */
export interface Finding {
  check: string;
  status: "ok" | "warning" | "blocked";
  message: string;
  fix: string | null;
}

export const ok = (check: string, message: string): Finding => ({ check, status: "ok", message, fix: null });
export const warning = (check: string, message: string, fix: string): Finding => ({
  check,
  status: "warning",
  message,
  fix,
});
export const blocked = (check: string, message: string, fix: string): Finding => ({
  check,
  status: "blocked",
  message,
  fix,
});

/** The findings of a check; one that cannot be made, for example without a permission, does not hide the others. */
export async function attempt(check: string, find: () => Promise<Finding[]>): Promise<Finding[]> {
  return find().catch((error: unknown) => {
    const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    return [warning(check, `Not checked: ${reason}`, "Fix: allow the call to these credentials, or check by hand.")];
  });
}

const formats = { ok: "green", warning: "yellow", blocked: "red" } as const;

export function describeFinding({ check, status, message, fix }: Finding): string {
  const label = colour(formats[status], status.padEnd(8));
  const indent = `\n${" ".repeat(24)}`;
  const lines = [...message.split("\n"), ...(fix === null ? [] : fix.split("\n"))];
  return `${label} ${check.padEnd(14)} ${lines.join(indent)}`;
}
