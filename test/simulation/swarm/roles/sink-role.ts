/** A sink over a store on a disk, or in memory, which goes with its process. */
import type { SinkCore as Core, SinkPort } from "../../../../packages/sink/src/core/sink-core.ts";
import { SinkCore } from "../../../../packages/sink/src/core/sink-core.ts";
import { SimulatedProcess } from "../process.ts";
import type { Role, RoleSurroundings } from "../role.ts";
import { SinkStore } from "../sink-store.ts";
import { timing } from "../timing.ts";

export class SinkRole implements Role {
  readonly name: string;
  readonly #world: RoleSurroundings;
  store: SinkStore;
  process: SimulatedProcess;
  core: Core;

  constructor(world: RoleSurroundings, place: number) {
    this.#world = world;
    this.name = `s${place}`;
    this.store = new SinkStore(world, this.name);
    ({ process: this.process, core: this.core } = this.#started());
  }

  start(): void {
    if (!this.#world.configuration.hasStore) this.loseDisk();
    ({ process: this.process, core: this.core } = this.#started());
  }

  crash(): void {
    if (!this.process.isAlive) return;
    this.process.crash();
    this.store.disk.crash();
  }

  /** What it remembers is gone; the next start is another sink. */
  loseDisk(): void {
    this.#world.lostStores += 1;
    this.store = new SinkStore(this.#world, this.name);
  }

  #started(): { process: SimulatedProcess; core: Core } {
    const world = this.#world;
    const { store } = this;
    const process = new SimulatedProcess(world, this.name);
    const { hasPushLane, hasStore, sinkLimits } = world.configuration;
    process.bind("sink", this.name);
    const identity = {
      bootId: world.draw64(),
      name: this.name,
      sinkId: store.id,
      firstSession: world.firstSession(),
    };
    const core: Core = new SinkCore({
      identity,
      timing,
      window: store.restore(),
      limits: sinkLimits,
      commitsOnArrival: hasStore,
      port: this.#portOf(process, () => read()),
    });
    store.disk.open({
      synced: (through) => process.after(0, () => core.persisted(process.now(), through)),
      full: (through) => process.after(0, () => core.storeFull(process.now(), through)),
      failed: () => world.failStop(this),
    });
    const read = this.#readerOf(process, core);
    if (hasPushLane) {
      process.bindPull("push", `${this.name}.push`);
      core.servePush(`memory:${this.name}.push`);
    }
    process.run(core);
    process.after(0, read);
    return { process, core };
  }

  #portOf(process: SimulatedProcess, read: () => void): SinkPort {
    const world = this.#world;
    return {
      send: (route, message) => process.send("sink", route, message),
      report: (event) => world.reported(process, event),
      offered: () => process.after(0, read),
      write: (number, change) => this.store.disk.write(number, change),
      holdPush: (isHeld) => (isHeld ? process.pause("push") : process.resume("push")),
      drained: () => {},
    };
  }

  /** A loop that thinks for a while about each batch. */
  #readerOf(process: SimulatedProcess, core: Core): () => void {
    const { configuration, streams } = this.#world;
    const reader = core.openReader();
    const read = (): void => {
      const reading = core.take(reader);
      if (reading === undefined) return;
      process.after(streams.cores.between(0, configuration.readMsMax), () => {
        core.commit(reading, reading.batch.count);
        read();
      });
    };
    return read;
  }
}
