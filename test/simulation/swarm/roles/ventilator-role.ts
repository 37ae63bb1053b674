/** A ventilator, with a submitter in its own process, and a journal if the world has them. */
import { VentilatorCore } from "../../../../packages/ventilator/src/core/ventilator-core.ts";
import { WallClock } from "../../../../packages/ventilator/src/journal/wall-clock.ts";
import { SimulatedProcess } from "../process.ts";
import type { Role, RoleSurroundings } from "../role.ts";
import { timing } from "../timing.ts";
import { VentilatorJournal } from "../ventilator-journal.ts";
import { Submitter } from "./submitter.ts";

/** What wall clocks show when a world begins. */
const firstWallMs = 1_800_000_000_000;

interface Started {
  readonly process: SimulatedProcess;
  readonly submitter: Submitter;
  readonly core: VentilatorCore;
}

export class VentilatorRole implements Role {
  readonly name: string;
  readonly place: number;
  readonly #world: RoleSurroundings;
  /** When it lost what it had accepted: it died without a journal, or its disk was lost. */
  readonly forgotAt: number[] = [];
  /** When its processes died. */
  readonly diedAt: number[] = [];
  /** One of its processes has stood still. */
  hasStood = false;
  journal: VentilatorJournal | undefined;
  /** What wall clocks are off by. */
  wallOffsetMs = 0;
  process: SimulatedProcess;
  submitter: Submitter;
  core: VentilatorCore;

  constructor(world: RoleSurroundings, place: number) {
    this.#world = world;
    this.place = place;
    this.name = `v${place}`;
    if (world.configuration.hasJournal) this.journal = new VentilatorJournal(world);
    ({ process: this.process, submitter: this.submitter, core: this.core } = this.#started());
  }

  start(): void {
    ({ process: this.process, submitter: this.submitter, core: this.core } = this.#started());
  }

  crash(): void {
    if (!this.process.isAlive) return;
    this.#world.movedInDoubt += this.core.stats().movedInDoubt;
    this.process.crash();
    this.hasStood ||= this.process.lastStuckAt > 0;
    this.diedAt.push(this.#world.clock.now());
    this.journal?.disk.crash();
    if (this.journal === undefined) this.forgotAt.push(this.#world.clock.now());
  }

  /** What its journal has is gone. Only while no process of it runs. */
  loseDisk(): void {
    this.journal = new VentilatorJournal(this.#world);
    this.forgotAt.push(this.#world.clock.now());
  }

  #wallNow(): number {
    return firstWallMs + this.#world.clock.now() + this.wallOffsetMs;
  }

  #started(): Started {
    const world = this.#world;
    const { configuration, workload } = world;
    const process = new SimulatedProcess(world, this.name);
    process.bind("workers", `${this.name}.workers`);
    process.bind("producers", `${this.name}.producers`);
    for (let sink = 0; sink < configuration.sinks; sink++) process.connect(`sink:${sink}`, `s${sink}`);
    const { journal } = this;
    const wallClock = new WallClock(
      () => process.now(),
      () => this.#wallNow(),
    );
    const opened = journal?.open(wallClock, this.#wallNow());
    if (opened !== undefined) world.replayed(process, opened.contents);
    const core = new VentilatorCore({
      now: process.now(),
      identity: {
        bootId: world.draw64(),
        name: this.name,
        epoch: opened?.epoch ?? Math.floor(this.#wallNow()),
      },
      firstSession: world.firstSession(),
      timing,
      sinks: Array.from({ length: configuration.sinks }, (_, sink) => `memory:s${sink}`),
      limits: configuration.ventilatorLimits,
      port: {
        send: process.send,
        isWritable: (channel) => process.isWritable(channel),
        report: (event) => world.reported(process, event),
        random: world.streams.cores.next,
        drawBootId: world.draw64,
        journal: journal && {
          write: (number, change) => journal.write(wallClock, number, change),
        },
      },
      journal: opened?.contents,
    });
    journal?.disk.open({
      synced: (through) => process.after(0, () => core.journaled(process.now(), through)),
      full: (through) => process.after(0, () => core.journalFull(process.now(), through)),
      failed: () => world.failStop(this),
    });
    if (configuration.hasPushLane) {
      process.bindPush("push", `${this.name}.push`);
      core.setEndpoints({ workers: `memory:${this.name}.workers`, push: `memory:${this.name}.push` });
    }
    const submissions = workload.submissions[this.place] ?? [];
    const submitter = new Submitter(world, {
      process,
      isLocal: true,
      ventilators: [this.place],
      submissions,
    });
    process.run(core);
    submitter.begin(core.attach(submitter.events, () => process.now()));
    world.submitters.push(submitter);
    return { process, submitter, core };
  }
}
