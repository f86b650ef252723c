export type Command = readonly [program: string, ...args: string[]];

/** How a package manager installs and runs an app. Its commands run in the folder of the lock file. */
export interface PackageManager {
  readonly name: "npm" | "pnpm" | "yarn";
  /** What the build log calls it. */
  readonly title: string;
  /** Exactly what the lock file says. */
  readonly install: Command;
  /** Reduces the installation to what the app needs in production. `workspace` is the name of its package if it is not in the folder of the lock file. */
  prune(workspace: string | undefined): Command;
  /** Why an app with these settings cannot be built. */
  check?(folder: string): void;
}
