declare module "corepack/main" {
  /** Runs corepack with these arguments, or the package manager that the first one names. */
  export function runMain(argv: readonly string[]): Promise<void>;
}
