import { Visitor } from "oxc-parser";
import { keyOf, parseSource, textOf } from "./syntax.ts";

export interface Property {
  readonly key: string;
  readonly values: readonly string[];
  readonly line: number;
}

/** The texts of a configuration file's properties, such as `out: "./drizzle"` or `migrations: ["dist/*.js"]`. */
export function propertiesIn(file: string, text: string): Property[] {
  const syntax = parseSource(file, text);
  const properties: Property[] = [];
  if (syntax === undefined) return [];
  new Visitor({
    Property(node) {
      const key = keyOf(node.key);
      if (key === undefined) return;
      const { value } = node;
      const nodes = value.type === "ArrayExpression" ? value.elements.filter((element) => element !== null) : [value];
      const values = nodes.flatMap((item) => textOf(item) ?? []);
      if (values.length > 0) properties.push({ key, values, line: syntax.lineAt(node.start) });
    },
  }).visit(syntax.program);
  return properties;
}
