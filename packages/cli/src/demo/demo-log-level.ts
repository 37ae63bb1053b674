import { type LogLevel, logLevels } from "../output/create-cli-logger.ts";

/** The demo says itself what happens, and a killed worker is no news: only what nobody expects is logged. */
export function demoLogLevel(): LogLevel {
  const asked = process.env.TQ_LOG_LEVEL;
  return logLevels.find((level) => level === asked) ?? "error";
}
