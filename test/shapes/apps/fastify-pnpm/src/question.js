export const isQuestion = (text) => typeof text === "string" && text.trim().endsWith("?");
