/**
 * What one ventilator pushes: the pipe that it comes by, how much of it was read and settled, and when that is said.
 *
 * Counts belong to a start of the ventilator: tasks of an earlier one may still lie in the pipe after its successor was met,
 * and their outcomes come later still.
 */
import type { Session } from "@tq/common/protocol";
import type { BootId } from "@tq/common/wire";
import { coreLimits } from "./limits.ts";
import type { WorkerPort } from "./port.ts";
import { PushCounts } from "./push-counts.ts";

export class PushSource {
  readonly channel: string;
  readonly ventilator: number;
  readonly #port: WorkerPort;
  readonly #counts = new Map<BootId, PushCounts>();
  /** Of the ventilator that the session is with. */
  #bootId: BootId = "";
  /** Where its PUSH is bound; undefined: nothing is read. */
  #endpoint: string | undefined;
  #isPaused = false;
  #isLeaving = false;
  /** TALLY has something to say for which nothing needs to have been counted. */
  #isDue = false;
  #saidVersion = 0;
  #saidAt = Number.NEGATIVE_INFINITY;

  constructor(ventilator: number, port: WorkerPort) {
    this.channel = `push:ventilator:${ventilator}`;
    this.ventilator = ventilator;
    this.#port = port;
  }

  get isOpen(): boolean {
    return this.#endpoint !== undefined;
  }

  /** Counts of what that start of the ventilator has pushed. */
  countsOf(bootId: BootId): PushCounts {
    const known = this.#counts.get(bootId);
    if (known !== undefined) return known;
    for (const old of this.#counts.keys()) {
      if (this.#counts.size < coreLimits.pushBootsMax) break;
      if (old !== this.#bootId) this.#counts.delete(old);
    }
    const counts = new PushCounts();
    this.#counts.set(bootId, counts);
    return counts;
  }

  /** A ventilator said who it is, and where it pushes. */
  welcomed(bootId: BootId, endpoint: string | undefined): void {
    if (bootId !== this.#bootId) this.#saidVersion = 0;
    this.#bootId = bootId;
    this.#isDue = true;
    const isMoved = endpoint !== this.#endpoint;
    if (isMoved) this.close();
    if (isMoved && endpoint !== undefined && !this.#isLeaving) this.#open(endpoint);
  }

  /** Say how it stands, whether or not anything was counted. */
  due(): void {
    this.#isDue = true;
  }

  leave(hasSession: boolean): void {
    this.#isLeaving = true;
    this.#isDue = true;
    // Nobody is there to say that nothing is on its way.
    if (!hasSession) this.close();
  }

  close(): void {
    if (this.#endpoint === undefined) return;
    this.#endpoint = undefined;
    this.#port.disconnect(this.channel);
  }

  hold(isHeld: boolean): void {
    if (!this.isOpen || isHeld === this.#isPaused) return;
    this.#isPaused = isHeld;
    if (isHeld) this.#port.pause(this.channel);
    else this.#port.resume(this.channel);
  }

  /** `isIdle`: nothing waits or runs, and no outcome waits for a pipe. */
  say(now: number, session: Session | undefined, isIdle: boolean): void {
    if (session === undefined || !this.#hasNews(now, isIdle)) return;
    const counts = this.countsOf(this.#bootId);
    this.#isDue = false;
    this.#saidAt = now;
    this.#saidVersion = counts.version;
    session.sendUnnumbered({
      verb: "TALLY",
      counts: counts.triples(),
      strays: counts.strays,
      leaving: this.#isLeaving,
    });
  }

  /** When something has to be said that could wait. */
  wakeAt(): number {
    return this.#hasCounted ? this.#saidAt + coreLimits.tallyEveryMs : Number.POSITIVE_INFINITY;
  }

  #hasNews(now: number, isIdle: boolean): boolean {
    // Nothing of this ventilator was ever read, or will be.
    if (!this.isOpen && !this.#counts.has(this.#bootId)) return false;
    if (this.#isDue) return true;
    return this.#hasCounted && (isIdle || now - this.#saidAt >= coreLimits.tallyEveryMs);
  }

  get #hasCounted(): boolean {
    const counts = this.#counts.get(this.#bootId);
    return counts !== undefined && counts.version !== this.#saidVersion;
  }

  #open(endpoint: string): void {
    this.#endpoint = endpoint;
    this.#isPaused = false;
    this.#port.connectPull(this.channel, { endpoint, ventilator: this.ventilator });
  }
}
