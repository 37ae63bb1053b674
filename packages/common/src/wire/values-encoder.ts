/**
 * Gathers the values of one batch as they come, encoded in place.
 *
 * It knows nothing of tasks. The slab that `take` gives is never written again, so it can be handed to a socket that
 * does not copy. Large binaries are not copied: they are referred to until the batch is.
 */
import { TqError } from "../contract/index.ts";
import { AttachmentsBuilder } from "./attachments.ts";
import { ByteWriter, tooLarge } from "./byte-writer.ts";
import { explainRefusal } from "./explain-refusal.ts";
import { wireLimits } from "./limits.ts";
import type { Values } from "./messages.ts";
import { refused, writeValue } from "./write-value.ts";

export interface EncodeOptions {
  /** Limit of one encoded value, in bytes. Default: `wireLimits.payloadBytesMax`. */
  readonly payloadBytesMax?: number | undefined;
}

export class ValuesEncoder {
  readonly #writer = new ByteWriter();
  /** Limit of the next value that is added. */
  payloadBytesMax: number;
  #lengths: number[] = [];
  #isWriting = false;
  readonly #attachments = new AttachmentsBuilder();

  constructor(options: EncodeOptions = {}) {
    this.payloadBytesMax = options.payloadBytesMax ?? wireLimits.payloadBytesMax;
    this.inlinesAll = false;
  }

  /** True: large binaries of the next values are copied into the slab, not attached. */
  set inlinesAll(inlines: boolean) {
    this.#writer.attachments = inlines ? undefined : this.#attachments;
  }

  /** Values so far. */
  get count(): number {
    return this.#lengths.length;
  }

  /** Their bytes, attachments included. */
  get bytes(): number {
    return this.#writer.pos + this.#attachments.bytes;
  }

  /** Empty, and not called from inside itself. */
  get isIdle(): boolean {
    return !this.#isWriting && this.#lengths.length === 0;
  }

  /**
   * Adds a value; returns its bytes, attachments included. Where it throws, nothing was added.
   *
   * Errors: `TQ_ERR_UNENCODABLE` (details: `path`, `reason`, `index`), `TQ_ERR_PAYLOAD_TOO_LARGE` (details: `bytes`,
   * `bytesMax`, `index`).
   */
  add(value: unknown): number {
    if (this.#isWriting)
      throw unencodable({ path: "$", reason: "it is being sent from inside another value" }, this.count);
    const writer = this.#writer;
    const start = writer.pos;
    writer.endMax = start + this.payloadBytesMax + headroomBytes;
    this.#isWriting = true;
    try {
      writeValue(writer, value, 0);
    } catch (error) {
      writer.rewind(start);
      this.#attachments.drop();
      throw this.#explain(error, value);
    } finally {
      this.#isWriting = false;
    }
    return this.#finish(start);
  }

  /** What was gathered, as a fresh slab; the encoder starts anew. */
  take(): Values {
    const lengths = this.#lengths;
    this.#lengths = [];
    const attachments = this.#attachments.take();
    const slab = this.#writer.take();
    return attachments === undefined ? { lengths, slab } : { lengths, slab, attachments };
  }

  /** Forgets what was gathered. */
  clear(): void {
    this.#lengths = [];
    this.#writer.rewind(0);
    this.#attachments.take();
  }

  #finish(start: number): number {
    const length = this.#writer.pos - start;
    const apart = this.#attachments.pendingBytes;
    const bytes = length + apart;
    if (bytes > this.payloadBytesMax) {
      this.#writer.rewind(start);
      this.#attachments.drop();
      throw this.#payloadTooLarge(bytes);
    }
    if (apart > 0) this.#attachments.assign(this.#lengths.length);
    this.#lengths.push(length);
    return bytes;
  }

  #explain(error: unknown, value: unknown): TqError {
    if (error === tooLarge) return this.#payloadTooLarge(undefined);
    if (error === refused) return unencodable(explainRefusal(value), this.count);
    return unencodable({ path: "$", reason: "a getter in it threw" }, this.count, error);
  }

  #payloadTooLarge(bytes: number | undefined): TqError {
    const bytesMax = this.payloadBytesMax;
    const size = bytes === undefined ? `more than ${bytesMax + headroomBytes}` : `${bytes}`;
    return new TqError(
      "TQ_ERR_PAYLOAD_TOO_LARGE",
      `the value takes ${size} bytes, the limit is ${bytesMax}`,
      {
        details: { bytes: bytes ?? bytesMax + headroomBytes, bytesMax, index: this.count },
      },
    );
  }
}

/** Beyond the limit, encoding goes on this far, so that the error can name the size of what is only somewhat too large. */
const headroomBytes = 48 * 1024 * 1024;

function unencodable(refusal: { path: string; reason: string }, index: number, cause?: unknown): TqError {
  const { path, reason } = refusal;
  return new TqError("TQ_ERR_UNENCODABLE", `the value at ${path} cannot be encoded: ${reason}`, {
    details: { path, reason, index },
    ...(cause === undefined ? {} : { cause }),
  });
}
