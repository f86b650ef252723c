import { hasName } from "../../lambdas/core/errors.ts";

/** For `catch`: undefined for an error of AWS with one of these names, such as that of a resource that does not exist. */
export function unlessNamed(...names: string[]) {
  return (error: unknown): undefined => {
    if (!hasName(error, ...names)) throw error;
  };
}
