import { renderToString } from "react-dom/server";
import type { View } from "../model.ts";
import { App } from "./app.tsx";

export function render(view: View): string {
  return renderToString(<App view={view} />);
}
