import { type Expression, Visitor } from "oxc-parser";
import { isEnvironment, isWithin, keyOf, type Syntax } from "./syntax.ts";
import type { VariableRead } from "./variable-reads.ts";

const variable = /^[A-Z][A-Z0-9_]+$/;
const makesOptional = /^(default|optional|nullish|prefault|catch)$/;

/**
 * Variables of a schema (zod, valibot, envalid, t3-env …) in a file that passes the whole `process.env` on: the keys in capitals.
 * One is required unless its schema has a default or is optional.
 */
export function schemaReads({ program, lineAt }: Syntax): VariableRead[] {
  let passesEnvironment = false;
  const keys: { name: string; value: Expression; line: number }[] = [];
  const optional: { start: number; end: number }[] = [];
  new Visitor({
    CallExpression(node) {
      const { callee } = node;
      passesEnvironment ||= node.arguments.some(
        (argument) => argument.type !== "SpreadElement" && isEnvironment(argument),
      );
      const name =
        callee.type === "Identifier" ? callee.name : callee.type === "MemberExpression" ? nameIn(callee.property) : "";
      if (makesOptional.test(name)) optional.push(node);
    },
    ObjectExpression(node) {
      for (const property of node.properties) {
        if (property.type === "SpreadElement") continue;
        passesEnvironment ||= isEnvironment(property.value);
        const name = keyOf(property.key);
        if (name !== undefined && variable.test(name))
          keys.push({ name, value: property.value, line: lineAt(property.start) });
        if (name === "default") optional.push(property);
      }
    },
  }).visit(program);
  if (!passesEnvironment) return [];
  return keys
    .filter(({ value }) => value.type === "CallExpression" || value.type === "MemberExpression")
    .map(({ name, value, line }) => ({
      name,
      line,
      need: optional.some((span) => isWithin(span, value)) ? "optional" : "required",
    }));
}

const nameIn = (property: { type: string; name?: unknown }) => (typeof property.name === "string" ? property.name : "");
