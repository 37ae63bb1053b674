/**
 * Counts words in bytes: a word is a maximal run of the ASCII letters a to z, after A to Z are lower-cased. Every other byte
 * separates, so the encoding of a file does not matter.
 */

/** V8 makes shorter substrings as copies, and longer ones as views that keep the whole text they came from alive. */
const viewCharsMin = 13;

export class WordCounter {
  /** A Map, because "constructor" is a word like any other. */
  readonly counts = new Map<string, number>();
  /** All words, each as often as it came. */
  words = 0;
  /** The word that the last bytes broke off in, in pieces: one that never ends would else be copied with every chunk. */
  #open: string[] = [];

  /** The next bytes. A word may go on from the bytes before. */
  add(bytes: Buffer): void {
    // One character per byte. Of those up to U+00FF only A to Z have a lower case within a to z.
    const text = bytes.toString("latin1").toLowerCase();
    let from = 0;
    while (from < text.length && isLetter(text, from)) from += 1;
    if (from > 0) this.#open.push(text.slice(0, from));
    if (from === text.length) return;
    this.#close();
    let to = text.length;
    while (isLetter(text, to - 1)) to -= 1;
    for (const word of text.slice(from, to).match(/[a-z]+/g) ?? []) this.#count(word);
    if (to < text.length) this.#open.push(text.slice(to));
  }

  /** There are no more bytes. */
  end(): void {
    this.#close();
  }

  #close(): void {
    if (this.#open.length === 0) return;
    this.#count(this.#open.join(""));
    this.#open = [];
  }

  #count(word: string): void {
    this.words += 1;
    const count = this.counts.get(word);
    if (count !== undefined) this.counts.set(word, count + 1);
    else this.counts.set(word.length < viewCharsMin ? word : copyOf(word), 1);
  }
}

function isLetter(text: string, index: number): boolean {
  const code = text.charCodeAt(index);
  return code >= 0x61 && code <= 0x7a;
}

const copyOf = (word: string): string => Buffer.from(word, "latin1").toString("latin1");
