/**
 * One run: a fleet at work, blows by a plan, then peace until all is settled, and the accounts.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { type Role, roles } from "../processes/role-options.ts";
import { Fleet } from "./fleet.ts";
import { usualSize } from "./fleet-size.ts";
import { type Accounts, closeAccounts } from "./ledger.ts";
import { Pauses } from "./pauses.ts";
import { drawPlan, type Strike } from "./plan.ts";
import { settle, settleMs } from "./settle.ts";
import { type Blows, strike } from "./strike.ts";

export interface ChaosOptions {
  readonly seed: number;
  readonly minutes: number;
  readonly isDurable: boolean;
  /** What was written is kept, also when all went well. Default false. */
  readonly keep?: boolean | undefined;
  /** Told what is going on, now and then. */
  readonly onProgress?: ((line: string) => void) | undefined;
}

export interface ChaosReport extends Accounts {
  readonly seed: number;
  readonly minutes: number;
  /** Submissions that were refused, and those whose outcome stayed unknown. */
  readonly rejected: number;
  readonly unknown: number;
  readonly blows: Blows;
  readonly duplicatesDropped: number;
  readonly movedInDoubt: number;
  /** Damaged messages that arrived, and messages that were found to be against the protocol. */
  readonly flipped: number;
  readonly violations: number;
  readonly longestPauseMs: number;
  /** Processes that ended without having been told to. */
  readonly unexpected: readonly string[];
  /** What had not come to rest in time. Empty when all is settled. */
  readonly unrest: string;
}

/** All producers together. */
const tasksPerSecond = 1_000;

export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  const { onProgress = () => {} } = options;
  const folder = await mkdtemp(join(tmpdir(), "tq-chaos-"));
  const report = await runIn(folder, options);
  // What went wrong is to be looked into: logs, journals, stores and both sides of the accounts.
  if (options.keep || violationsOf(report).length > 0)
    onProgress(`everything that was written is in ${folder}`);
  else await rm(folder, { recursive: true, force: true });
  return report;
}

async function runIn(folder: string, options: ChaosOptions): Promise<ChaosReport> {
  const { seed, minutes, isDurable, onProgress = () => {} } = options;
  await using fleet = await Fleet.start({ size: usualSize, folder, isDurable, tasksPerSecond });
  const watch = watchPauses(fleet);
  const durationMs = minutes * 60_000;
  const killable: readonly Role[] = isDurable ? roles : ["worker", "producer"];
  const blows = await strikeAlong(fleet, {
    strikes: drawPlan({ seed, durationMs, size: usualSize, killable }),
    durationMs,
    onProgress,
  });
  onProgress("peace: waiting for everything to settle");
  await fleet.heal();
  const unrest = await settle(fleet);
  watch.end();
  await fleet.leave();
  const sum = (count: string): number => roles.reduce((total, role) => total + fleet.count(role, count), 0);
  return {
    seed,
    minutes,
    rejected: fleet.count("producer", "rejected"),
    unknown: fleet.count("producer", "unknown"),
    blows,
    duplicatesDropped: fleet.count("sink", "duplicates"),
    movedInDoubt: fleet.count("ventilator", "movedInDoubt"),
    flipped: fleet.links.reduce((total, { flipped }) => total + flipped, 0),
    violations: sum("violations"),
    longestPauseMs: Math.round(watch.longestMs),
    unexpected: fleet.unexpected,
    unrest,
    ...closeAccounts(fleet.accepted, fleet.outs),
  };
}

/** Whether anything that was promised was not kept, in words; empty when all is well. */
export function violationsOf(report: ChaosReport): string[] {
  const { lost, lostIds, twiceInOne, twiceIds, twiceAcross, movedInDoubt, wrong, wrongLines } = report;
  const found: string[] = [];
  if (lost > 0) found.push(`${lost} lost: ${lostIds.join(" ")}`);
  if (twiceInOne > 0) found.push(`${twiceInOne} committed twice in one store: ${twiceIds.join(" ")}`);
  if (twiceAcross > movedInDoubt) {
    found.push(`${twiceAcross} committed in two stores, but only ${movedInDoubt} moved in doubt`);
  }
  if (wrong > 0) found.push(`${wrong} with a wrong result: ${wrongLines.join(" ")}`);
  if (report.torn > 0) found.push(`${report.torn} torn lines`);
  if (report.unrest !== "") found.push(`not settled after ${settleMs / 1_000} s: ${report.unrest}`);
  return [...found, ...report.unexpected];
}

interface Course {
  readonly strikes: ReturnType<typeof drawPlan>;
  readonly durationMs: number;
  readonly onProgress: (line: string) => void;
}

async function strikeAlong(fleet: Fleet, { strikes, durationMs, onProgress }: Course): Promise<Blows> {
  const startedAt = performance.now();
  const until = (atMs: number): Promise<void> => pause(Math.max(0, startedAt + atMs - performance.now()));
  const blows: Blows = { kills: {}, kinds: {}, missed: 0 };
  for (const { atMs, ...blow } of strikes) {
    await until(atMs);
    await strike(fleet, blow as Strike, blows);
    onProgress(`${(atMs / 1_000).toFixed(1)} s: ${describe(blow as Strike)}`);
  }
  await until(durationMs);
  return blows;
}

function describe(blow: Strike): string {
  const whom =
    "target" in blow ? `${blow.target.role} ${blow.target.place}` : `${blow.link.to} ${blow.link.place}`;
  const howLong = "ms" in blow ? ` for ${blow.ms} ms` : "";
  return `${blow.kind} ${whom}${howLong}`;
}

function watchPauses(fleet: Fleet) {
  const pauses = new Pauses(performance.now());
  const end = fleet.watch(() => {
    const isWorkLeft = fleet.now("ventilator", "unsettled") > 0;
    pauses.look(performance.now(), fleet.count("sink", "committed"), isWorkLeft);
  });
  return {
    end,
    get longestMs() {
      return pauses.longestMs;
    },
  };
}
