/** A producer: a process that submits to all ventilators. Its next start is somebody else, with other origins. */
import { ProducerCore } from "../../../../packages/producer/src/core/producer-core.ts";
import { SimulatedProcess } from "../process.ts";
import type { Role, RoleSurroundings } from "../role.ts";
import { timing } from "../timing.ts";
import { Submitter } from "./submitter.ts";

export class ProducerRole implements Role {
  readonly name: string;
  readonly #world: RoleSurroundings;
  readonly #place: number;
  process: SimulatedProcess;
  submitter: Submitter;
  core: ProducerCore;

  constructor(world: RoleSurroundings, place: number) {
    this.#world = world;
    this.#place = place;
    this.name = `p${place}`;
    ({ process: this.process, submitter: this.submitter, core: this.core } = this.#started());
  }

  start(): void {
    ({ process: this.process, submitter: this.submitter, core: this.core } = this.#started());
  }

  crash(): void {
    this.process.crash();
  }

  #started(): { process: SimulatedProcess; submitter: Submitter; core: ProducerCore } {
    const world = this.#world;
    const { configuration, workload } = world;
    const process = new SimulatedProcess(world, this.name);
    const ventilators = Array.from({ length: configuration.ventilators }, (_, place) => place);
    const submissions = workload.submissions[configuration.ventilators + this.#place] ?? [];
    const submitter = new Submitter(world, { process, isLocal: false, ventilators, submissions });
    for (const place of ventilators) process.connect(`ventilator:${place}`, `v${place}.producers`);
    const core = new ProducerCore({
      now: process.now(),
      timing,
      name: this.name,
      ventilators: submitter.origins.map((origins, place) => ({
        channel: `ventilator:${place}`,
        endpoint: `memory:v${place}.producers`,
        origins,
      })),
      port: {
        send: (to, message) => process.send(to, undefined, message),
        report: (event) => world.reported(process, event),
        drawBootId: world.draw64,
        events: submitter.events,
      },
    });
    process.run(core);
    submitter.begin(core);
    world.submitters.push(submitter);
    return { process, submitter, core };
  }
}
