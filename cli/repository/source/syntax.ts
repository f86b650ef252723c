import { type Expression, type Node, parseSync, type Program, type PropertyKey, type Span } from "oxc-parser";

export interface Syntax {
  readonly program: Program;
  /** Line of an offset, from 1. */
  readonly lineAt: (offset: number) => number;
}

/** The syntax tree of a JavaScript or TypeScript file; undefined if it cannot be parsed. */
export function parseSource(file: string, text: string): Syntax | undefined {
  const { program, errors } = parseSync(file, text);
  if (errors.length > 0 && program.body.length === 0) return undefined;
  return { program, lineAt: (offset) => text.slice(0, offset).split("\n").length };
}

/** Without parentheses, type assertions and non-null assertions. */
export function unwrap(expression: Expression): Expression {
  const isWrapper =
    expression.type === "ParenthesizedExpression" ||
    expression.type === "TSAsExpression" ||
    expression.type === "TSSatisfiesExpression" ||
    expression.type === "TSNonNullExpression" ||
    expression.type === "ChainExpression";
  return isWrapper ? unwrap(expression.expression) : expression;
}

export function textOf(node: Node | undefined): string | undefined {
  if (node?.type === "Literal" && typeof node.value === "string") return node.value;
  if (node?.type === "TemplateLiteral" && node.expressions.length === 0)
    return node.quasis[0]?.value.cooked ?? undefined;
  return undefined;
}

export function numberOf(node: Expression): number | undefined {
  const inner = unwrap(node);
  if (inner.type === "Literal" && typeof inner.value === "number") return inner.value;
  const text = textOf(inner);
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}

export function keyOf(key: PropertyKey): string | undefined {
  if (key.type === "Identifier") return key.name;
  return key.type === "Literal" && typeof key.value === "string" ? key.value : undefined;
}

/** `process.env`, also as `import.meta.env` of Vite. */
export function isEnvironment(node: Expression): boolean {
  const inner = unwrap(node);
  return (
    inner.type === "MemberExpression" &&
    !inner.computed &&
    inner.property.name === "env" &&
    ((inner.object.type === "Identifier" && inner.object.name === "process") ||
      (inner.object.type === "MetaProperty" && inner.object.property.name === "meta"))
  );
}

/** The name in `process.env.NAME` or `process.env["NAME"]`. */
export function variableOf(node: Expression): string | undefined {
  const inner = unwrap(node);
  if (inner.type !== "MemberExpression" || !isEnvironment(inner.object)) return undefined;
  if (!inner.computed) return inner.property.type === "Identifier" ? inner.property.name : undefined;
  return textOf(inner.property);
}

export function isWithin(inner: Span, outer: Span): boolean {
  return inner.start >= outer.start && inner.end <= outer.end;
}
