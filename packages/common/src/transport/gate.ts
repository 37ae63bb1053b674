/** Whether what arrives may be read: while shut, it stays where it is, and so in the way of whoever sends more. */
export class Gate {
  #isShut = false;
  #waiting: (() => void)[] = [];

  get isShut(): boolean {
    return this.#isShut;
  }

  shut(): void {
    this.#isShut = true;
  }

  open(): void {
    this.#isShut = false;
    for (const run of this.#waiting.splice(0)) run();
  }

  /** Runs `run` once, when the gate is opened next. */
  whenOpened(run: () => void): void {
    this.#waiting.push(run);
  }
}
