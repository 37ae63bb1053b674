/**
 * A ventilator's journal on a simulated disk: the model of a journal, which changes when a sync is done and loses what was
 * not synced with the process.
 *
 * It outlives its ventilator's processes. Instants are kept in wall time, as a journal on a real disk does.
 */
import type { Scheduler } from "@tq/common/transport";
import type {
  JournalChange,
  JournalContents,
  JournalPort,
} from "../../packages/ventilator/src/core/journal/journal-port.ts";
import {
  applyChange,
  contentsOf,
  emptyJournal,
} from "../../packages/ventilator/src/core/journal/journal-state.ts";
import type { VentilatorCore } from "../../packages/ventilator/src/core/ventilator-core.ts";
import { shiftChange, shiftContents } from "./journal-instants.ts";
import { Disk } from "./swarm/disk.ts";
import type { RandomStream } from "./swarm/random-streams.ts";

export interface SimulatedJournalOptions {
  readonly clock: Scheduler;
  readonly random: RandomStream;
  readonly syncMsMax: number;
  /** Default: the clock. */
  readonly wallNow?: () => number;
}

/** The process that has it. */
export interface JournalHost {
  /** Its monotonic clock. */
  readonly now: () => number;
  /** Runs when its loop turns, and a flush behind it; not if it has died. */
  readonly inTurn: (run: () => void) => void;
  /** A sync failed: to be ended without goodbye. */
  readonly failed: () => void;
}

export interface OpenedJournal {
  readonly epoch: number;
  readonly contents: JournalContents;
  readonly port: JournalPort;
  /** Who is told what became of changes. */
  tell(core: VentilatorCore): void;
}

export class SimulatedJournal {
  /** To be told when the process crashes; can be full, slow, or fail. */
  readonly disk: Disk<JournalChange>;
  readonly #wallNow: () => number;
  #state = emptyJournal();
  #epoch = 0;

  constructor({ clock, random, syncMsMax, wallNow = () => clock.now() }: SimulatedJournalOptions) {
    this.#wallNow = wallNow;
    this.disk = new Disk({ clock, random, syncMsMax, apply: (change) => applyChange(this.#state, change) });
  }

  /** What is safe, its instants in wall time. */
  get contents(): JournalContents {
    return contentsOf(this.#state);
  }

  /** Everything in it is gone. */
  lose(): void {
    this.disk.crash();
    this.#state = emptyJournal();
    this.#epoch = 0;
  }

  /** For the next process. */
  open(host: JournalHost): OpenedJournal {
    this.#epoch = Math.max(this.#epoch + 1, Math.floor(this.#wallNow()));
    const toHost = host.now() - this.#wallNow();
    let told: VentilatorCore | undefined;
    const tell = (say: (core: VentilatorCore, now: number) => void): void =>
      host.inTurn(() => {
        if (told !== undefined) say(told, host.now());
      });
    this.disk.open({
      synced: (through) => tell((core, now) => core.journaled(now, through)),
      full: (through) => tell((core, now) => core.journalFull(now, through)),
      failed: host.failed,
    });
    return {
      epoch: this.#epoch,
      contents: shiftContents(this.contents, toHost),
      port: {
        write: (number, change) => this.disk.write(number, shiftChange(change, this.#wallNow() - host.now())),
      },
      tell: (core) => {
        told = core;
      },
    };
  }
}
