/**
 * SIGTERM and SIGINT: the first asks to stop in order, the second ends the process at once.
 */
import { constants } from "node:os";
import { say } from "../output/report-error.ts";

export type StopSignal = "SIGINT" | "SIGTERM";

const signals: readonly StopSignal[] = ["SIGINT", "SIGTERM"];

export interface StopSignals extends Disposable {
  /** Resolves with the first signal. */
  readonly first: Promise<StopSignal>;
  /** Aborted by the first signal. */
  readonly signal: AbortSignal;
}

/** `onQuit` runs before the process ends by a second signal: for what must not stay behind. */
export function listenForStop(onQuit: () => void = () => {}): StopSignals {
  const aborting = new AbortController();
  const { promise, resolve } = Promise.withResolvers<StopSignal>();
  const onSignal = (signal: StopSignal): void => {
    if (!aborting.signal.aborted) {
      aborting.abort();
      resolve(signal);
      return;
    }
    say(`tq: ${signal} again: quitting at once, without draining\n`);
    onQuit();
    quit(signal);
  };
  for (const signal of signals) process.on(signal, onSignal);
  return {
    first: promise,
    signal: aborting.signal,
    [Symbol.dispose]: () => {
      for (const signal of signals) process.off(signal, onSignal);
    },
  };
}

/** 128 + the signal's number, as shells give it. */
export const exitCodeOfSignal = (signal: StopSignal): number => 128 + constants.signals[signal];

function quit(signal: StopSignal): never {
  process.exit(exitCodeOfSignal(signal));
}
