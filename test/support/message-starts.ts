/**
 * Finds where messages begin in a stream of ZMTP 3: behind the greeting of 64 bytes, frames of flags, length and body. It
 * follows the framing only, so that a proxy can strike what the protocol must notice, and not a number that means
 * something else when a bit of it is turned round.
 */
const greetingBytes = 64;
const more = 1;
const long = 2;
const command = 4;

export class MessageStarts {
  /** Bytes that are of no interest: the rest of a greeting or frame. */
  #skip = greetingBytes;
  /** Flags and length of a frame, as far as they are here. */
  #head: number[] = [];
  #isInMessage = false;

  /** Offsets in these next bytes at which the first frame of a message begins its body. */
  in(bytes: Uint8Array): number[] {
    const starts: number[] = [];
    let at = 0;
    while (at < bytes.length) {
      if (this.#skip > 0) {
        const skipped = Math.min(this.#skip, bytes.length - at);
        this.#skip -= skipped;
        at += skipped;
        continue;
      }
      if (this.#expectsHead()) {
        this.#head.push(bytes[at] ?? 0);
        at += 1;
        if (this.#expectsHead()) continue;
      }
      // Behind a frame's head, of which the body may be in the next bytes; a body that is empty begins nowhere.
      const [flags = 0, ...length] = this.#head;
      const size = length.reduce((sum, byte) => sum * 256 + byte, 0);
      const isFirst = !this.#isInMessage && (flags & command) === 0;
      if (isFirst && size > 0) {
        if (at === bytes.length) return starts;
        starts.push(at);
      }
      if ((flags & command) === 0) this.#isInMessage = (flags & more) !== 0;
      this.#head = [];
      this.#skip = size;
    }
    return starts;
  }

  #expectsHead(): boolean {
    const [flags] = this.#head;
    if (flags === undefined) return true;
    return this.#head.length < ((flags & long) === 0 ? 2 : 9);
  }
}
