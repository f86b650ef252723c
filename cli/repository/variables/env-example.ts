import { foldersUpwards } from "../package-manager.ts";
import { inFolder, type Repository } from "../repository.ts";

export interface ExampleVariable {
  readonly name: string;
  readonly value: string;
  readonly line: number;
  /** Commented out: `# NAME=value`. */
  readonly isOptional: boolean;
}

export interface EnvExample {
  readonly file: string;
  readonly variables: readonly ExampleVariable[];
}

/** The release kit reads only the first one. */
const names = [".env.example", ".env.sample", ".env.template", ".env.dist", "env.example", "example.env"];

export function readEnvExample(repository: Repository, root: string): EnvExample | undefined {
  for (const folder of foldersUpwards(root))
    for (const name of names) {
      const file = inFolder(folder, name);
      const text = repository.read(file);
      if (text !== undefined) return { file, variables: parse(text) };
    }
  return undefined;
}

function parse(text: string): ExampleVariable[] {
  return text.split(/\r?\n/).flatMap((line, index) => {
    const [, comment, name, value = ""] = /^\s*(#\s*)?(?:export\s+)?([A-Z_a-z]\w*)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (name === undefined || (comment !== undefined && name !== name.toUpperCase())) return [];
    const plain = value.replace(/^(["'])(.*)\1.*$/, "$2").replace(/\s+#.*$/, "");
    return [{ name, value: plain, line: index + 1, isOptional: comment !== undefined }];
  });
}
