/** Whether what arrives may be read: closed, it stays in the socket, and so in the way of whoever sends. */
export class Gate {
  #opened: Promise<void> | undefined;
  #open: (() => void) | undefined;

  /** Undefined while open; else resolves when it is opened. */
  get opened(): Promise<void> | undefined {
    return this.#opened;
  }

  shut(): void {
    this.#opened ??= new Promise((resolve) => {
      this.#open = resolve;
    });
  }

  open(): void {
    this.#open?.();
    this.#opened = undefined;
    this.#open = undefined;
  }
}
