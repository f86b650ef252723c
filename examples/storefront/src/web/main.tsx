import { hydrateRoot } from "react-dom/client";
import type { View } from "../model.ts";
import { App } from "./app.tsx";
import "./styles.css";

const root = document.getElementById("root");
const data = document.getElementById("view");
if (root === null || data === null) throw new Error("This page was not made by the server.");

// Written by the server of the same release, which is why it is believed and not checked.
const view: View = JSON.parse(data.textContent);
hydrateRoot(root, <App view={view} />);
