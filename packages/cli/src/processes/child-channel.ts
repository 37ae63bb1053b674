/**
 * A child's side of the channel to its parent. The end of the channel is the parent's death, however it died: nothing
 * that a parent started may stay behind.
 */

export interface ChildChannel<FromParent> {
  /** Called with each message of the parent. */
  onMessage(take: (message: FromParent) => void): void;
  /** Called once, when the parent is gone. */
  onParentGone(take: () => void): void;
}

/**
 * For the child's main module. A terminal sends Ctrl-C to parent and children alike; the children leave it to the
 * parent, which tells them what to do.
 */
export function openChildChannel<FromParent>(): ChildChannel<FromParent> {
  process.on("SIGINT", () => {});
  // Where the parent is gone, so is the reader of what is printed: no reason to die before the work is handed back.
  process.stdout.on("error", () => {});
  process.stderr.on("error", () => {});
  return {
    onMessage: (take) => void process.on("message", (message) => take(message as FromParent)),
    onParentGone: (take) => void process.once("disconnect", take),
  };
}

/** Resolves when the parent has the message, or is gone. */
export function tellParent(message: object): Promise<void> {
  return new Promise((resolve) => {
    if (process.send === undefined || !process.connected) resolve();
    else process.send(message, undefined, undefined, () => resolve());
  });
}
