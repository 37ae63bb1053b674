/** The whole pipeline in one process. */
export * from "@tq/common";
export { type Local, type LocalOptions, type LocalStats, startLocal } from "./local.ts";
