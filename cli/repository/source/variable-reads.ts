import { type BindingPattern, type Expression, type Span, type Statement, Visitor } from "oxc-parser";
import { isEnvironment, isWithin, keyOf, type Syntax, textOf, variableOf } from "./syntax.ts";

/** Required: the app says so, by an error or a type. Unclear: it is read without a default. */
export type Need = "required" | "unclear" | "optional";

export interface VariableRead {
  readonly name: string;
  readonly line: number;
  readonly need: Need;
  /** The text that it is compared with. */
  readonly expects?: string | undefined;
}

interface Read extends Span {
  name: string;
  hasDefault?: boolean;
}

interface Guard {
  test: Span;
  whole: Span;
}

/** Where a file reads environment variables, and whether it works without them. */
export function variableReads({ program, lineAt }: Syntax): VariableRead[] {
  const reads: Read[] = [];
  const optional: Span[] = [];
  const required: Span[] = [];
  const guards: Guard[] = [];
  const comparisons: (Span & { text: string })[] = [];
  new Visitor({
    MemberExpression(node) {
      const name = variableOf(node);
      if (name !== undefined) reads.push({ name, start: node.start, end: node.end });
      if (node.optional) optional.push(node.object);
    },
    VariableDeclarator({ id, init }) {
      if (init && isEnvironment(init)) reads.push(...destructured(id));
    },
    LogicalExpression(node) {
      if (node.operator === "&&") guards.push({ test: node.left, whole: node });
      optional.push(node.left);
    },
    ConditionalExpression: (node) => guards.push({ test: node.test, whole: node }),
    IfStatement(node) {
      if (ends(node.consequent)) required.push(node.test);
      else guards.push({ test: node.test, whole: node });
    },
    TSNonNullExpression: (node) => required.push(node),
    BinaryExpression(node) {
      if (!/^[!=]==?$/.test(node.operator)) return;
      optional.push(node);
      const text = textOf(node.right) ?? textOf(node.left);
      if (text !== undefined && node.operator.startsWith("="))
        comparisons.push({ start: node.start, end: node.end, text });
    },
  }).visit(program);
  const isGuarded = (read: Read) =>
    guards.some(
      ({ test, whole }) =>
        isWithin(read, whole) && reads.some((other) => other.name === read.name && isWithin(other, test)),
    );
  const needOf = (read: Read): Need => {
    if (required.some((span) => isWithin(read, span))) return "required";
    const isOptional = read.hasDefault || optional.some((span) => isWithin(read, span)) || isGuarded(read);
    return isOptional ? "optional" : "unclear";
  };
  return reads.map((read) => ({
    name: read.name,
    line: lineAt(read.start),
    need: needOf(read),
    expects: comparisons.find((span) => isWithin(read, span))?.text,
  }));
}

/** `const { PORT = 3000, DATABASE_URL } = process.env` */
function destructured(pattern: BindingPattern): Read[] {
  if (pattern.type !== "ObjectPattern") return [];
  return pattern.properties.flatMap((property) => {
    const name = property.type === "Property" ? keyOf(property.key) : undefined;
    if (property.type !== "Property" || name === undefined) return [];
    const { start, end } = property;
    return [{ name, start, end, hasDefault: property.value.type === "AssignmentPattern" }];
  });
}

/** Whether the statement throws or exits, as in `if (!process.env.X) throw …`. */
function ends(statement: Statement): boolean {
  if (statement.type === "BlockStatement") return statement.body.some(ends);
  if (statement.type === "ExpressionStatement") return isExit(statement.expression);
  return statement.type === "ThrowStatement";
}

const isExit = (expression: Expression) =>
  expression.type === "CallExpression" &&
  expression.callee.type === "MemberExpression" &&
  !expression.callee.computed &&
  expression.callee.property.type === "Identifier" &&
  expression.callee.property.name === "exit";
