import { ZodError } from "zod";

/** The template uses something that the local cloud does not support, or is not valid. */
export class TemplateNotSupported extends Error {
  override readonly name = "TemplateNotSupported";
  /** Property path within the value that was resolved, outermost first. */
  readonly path: string[] = [];
}

/** The folder is not a cloud assembly that can be read. */
export class AssemblyInvalid extends Error {
  override readonly name = "AssemblyInvalid";
  constructor(problem: string, options?: ErrorOptions) {
    super(`${problem}. Fix: synthesize the cloud assembly again with \`npx cdk synth\`.`, options);
  }
}

/** A resource could not be created, updated or deleted. */
export class ProvisioningFailed extends Error {
  override readonly name = "ProvisioningFailed";
}

/** CloudFormation, or a service, would refuse the update; nothing was changed. */
export class UpdateRefused extends Error {
  override readonly name = "UpdateRefused";
  constructor(refusals: readonly string[]) {
    const [only = ""] = refusals;
    super(refusals.length === 1 ? only : `The update is refused:\n${refusals.map((each) => `  ${each}`).join("\n")}`);
  }
}

/** Adds to a failure what was attempted, with the resource or output concerned, and the property where it is known. */
export async function located<R>(attempt: string, work: () => R | Promise<R>): Promise<R> {
  try {
    return await work();
  } catch (cause) {
    throw new ProvisioningFailed(describeProblem(attempt, cause), { cause });
  }
}

export function describeProblem(attempt: string, cause: unknown): string {
  const problem = `Could not ${attempt}: ${describe(cause)}`;
  const fix = "Fix: correct the cause and start again; provisioned resources are kept.";
  return problem.includes("Fix: ") ? problem : `${problem}. ${fix}`;
}

function describe(cause: unknown): string {
  const inProperty = (path: readonly PropertyKey[], message: string) =>
    path.length === 0 ? message : `property ${path.join(".")}: ${message}`;
  if (cause instanceof ZodError) return cause.issues.map(({ path, message }) => inProperty(path, message)).join("; ");
  const { message } = cause instanceof Error ? cause : new Error(String(cause));
  return (cause instanceof TemplateNotSupported ? inProperty(cause.path, message) : message).replace(/\.$/, "");
}
