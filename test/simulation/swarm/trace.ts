/**
 * What happened, as one number and as text: two runs of a seed that come to the same number have gone the same way to the
 * last step, and the last events tell what led to a failure.
 */
import type { Message } from "@tq/common/wire";

const eventsKept = 60;

interface TracedEvent {
  readonly at: number;
  readonly who: string;
  readonly what: string;
  readonly message: Message | undefined;
}

export class Trace {
  readonly #recent: TracedEvent[] = [];
  #low = 0x811c9dc5;
  #high = 0x9e3779b9;
  steps = 0;

  note(event: TracedEvent): void {
    this.steps += 1;
    this.#mix(Math.round(event.at * 1_000));
    this.#mixText(event.who);
    this.#mixText(event.what);
    const index = this.steps % eventsKept;
    this.#recent[index] = event;
  }

  bytes(frame: Uint8Array): void {
    this.#mix(frame.length);
    // The header and the beginning of the body say what it is.
    const length = Math.min(frame.length, 96);
    for (let index = 0; index < length; index++) this.#mix(frame[index] ?? 0);
  }

  get hash(): string {
    const hex = (half: number): string => (half >>> 0).toString(16).padStart(8, "0");
    return hex(this.#high) + hex(this.#low);
  }

  /** The newest last. */
  lastEvents(): string[] {
    const { length } = this.#recent;
    const first = length < eventsKept ? 0 : (this.steps + 1) % eventsKept;
    return Array.from({ length }, (_, index) => this.#recent[(first + index) % eventsKept])
      .filter((event) => event !== undefined)
      .map(({ at, who, what, message }) => {
        const shown = message === undefined ? "" : ` ${shorten(message)}`;
        return `${at.toFixed(1).padStart(9)} ${who.padEnd(6)} ${what}${shown}`;
      });
  }

  #mix(value: number): void {
    this.#low = Math.imul(this.#low ^ value, 0x01000193);
    this.#high = Math.imul(this.#high ^ (this.#low >>> 15) ^ value, 0x85ebca6b);
  }

  #mixText(text: string): void {
    for (let index = 0; index < text.length; index++) this.#mix(text.charCodeAt(index));
  }
}

const shorten = (message: Message): string => {
  const text = JSON.stringify(message, (key, value) => {
    if (key === "values" || key === "slab" || key === "attachments" || key === "policy") return undefined;
    return value;
  });
  return text.length <= 300 ? text : `${text.slice(0, 297)}…`;
};
