import type { ReactNode } from "react";

export function ProblemPage({ title, detail }: { readonly title: string; readonly detail: string }): ReactNode {
  return (
    <section className="empty">
      <h1>{title}</h1>
      <p>{detail}</p>
      <a href="/">Back to the shop</a>
    </section>
  );
}
