import { appendFileSync } from "node:fs";
import { nameOfRole, type Access } from "./access.ts";

/** One line of the file: a role's first use of an action, or its first denial. */
export interface AccessLogLine {
  role: string;
  action: string;
  resource: string;
  allowed: boolean;
}

/** Appends to a file what roles use and are denied, to compare it with what their policies allow. */
export function logDecisions(access: Access, file: string): Access {
  const logged = new Set<string>();
  return {
    ...access,
    decide(roleArn, request) {
      const decision = access.decide(roleArn, request);
      const { action, resource } = request;
      const line: AccessLogLine = { role: nameOfRole(roleArn), action, resource, allowed: decision.allowed };
      const key = `${line.role} ${action} ${line.allowed}`;
      if (!logged.has(key)) appendFileSync(file, `${JSON.stringify(line)}\n`, { mode: 0o600 });
      logged.add(key);
      return decision;
    },
  };
}
