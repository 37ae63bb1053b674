/** What makes one start of a process different from every other: drawn at random, never stored, never restored. */
import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import type { Origin } from "../contract/index.ts";
import type { BootId, SessionId } from "../wire/index.ts";

/** 8 random bytes as 16 lower-case hex digits. */
const draw64 = (): string => randomBytes(8).toString("hex");

export const drawBootId = (): BootId => draw64();

export const drawOrigin = (): Origin => draw64();

/** A start for session ids that no earlier start of this process has used: the top bits are random. */
export const drawFirstSession = (): SessionId => randomBytes(4).readUInt32BE() * 2 ** 20 + 1;

/** How a process is shown to people unless the user named it: `host:pid`. */
export const defaultName = (): string => `${hostname()}:${process.pid}`;

/** Monotonic milliseconds: what every core means by `now`. */
export const monotonicNow = (): number => performance.now();
