import { type ConfigObject, type ConfigValue, isList, isObject } from "./minimal-config.ts";

const maxLine = 120;

/** The text of lockstep.config.ts. */
export function renderConfig(config: ConfigObject): string {
  return `import { defineConfig } from "lockstep";\n\nexport default defineConfig(${renderObject(config, 0)});\n`;
}

function renderObject(object: ConfigObject, depth: number): string {
  const indent = "  ".repeat(depth + 1);
  const fields = Object.entries(object).flatMap(([field, value]) =>
    value === undefined ? [] : `${indent}${keyText(field)}: ${render(value, depth + 1, field.length + 3)},\n`,
  );
  return `{\n${fields.join("")}${"  ".repeat(depth)}}`;
}

/** On one line if it fits beside the characters that are `used` there. */
function render(value: ConfigValue, depth: number, used: number): string {
  const line = inline(value);
  if (depth * 2 + used + line.length < maxLine) return line;
  if (isObject(value)) return renderObject(value, depth);
  if (!isList(value)) return line;
  const indent = "  ".repeat(depth + 1);
  return `[\n${value.map((item) => `${indent}${render(item, depth + 1, 1)},\n`).join("")}${"  ".repeat(depth)}]`;
}

function inline(value: ConfigValue): string {
  if (isList(value)) return `[${value.map(inline).join(", ")}]`;
  if (!isObject(value)) return JSON.stringify(value);
  if (Object.keys(value).length === 0) return "{}";
  const fields = Object.entries(value).flatMap(([field, inner]) =>
    inner === undefined ? [] : `${keyText(field)}: ${inline(inner)}`,
  );
  return `{ ${fields.join(", ")} }`;
}

const keyText = (field: string) => (/^[A-Za-z_$][\w$]*$/.test(field) ? field : JSON.stringify(field));
