/** The frames of a message as one piece of memory, and back. Four bytes in front for the number of frames, and for each its length. */

/** Fresh memory, which may be given away. */
export function joinFrames(frames: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const headBytes = 4 * (frames.length + 1);
  const blob = new Uint8Array(frames.reduce((sum, { length }) => sum + length, headBytes));
  const head = new DataView(blob.buffer);
  head.setUint32(0, frames.length, true);
  let at = headBytes;
  for (const [index, frame] of frames.entries()) {
    head.setUint32(4 * (index + 1), frame.length, true);
    blob.set(frame, at);
    at += frame.length;
  }
  return blob;
}

/** Each frame in memory of its own, as if it had come from a socket. Undefined for what `joinFrames` did not make. */
export function splitFrames(blob: Uint8Array): Uint8Array[] | undefined {
  if (blob.length < 4) return undefined;
  const head = new DataView(blob.buffer, blob.byteOffset, blob.length);
  const count = head.getUint32(0, true);
  let at = 4 * (count + 1);
  if (at > blob.length) return undefined;
  const frames: Uint8Array[] = [];
  for (let index = 0; index < count; index++) {
    const end = at + head.getUint32(4 * (index + 1), true);
    if (end > blob.length) return undefined;
    frames.push(blob.slice(at, end));
    at = end;
  }
  return at === blob.length ? frames : undefined;
}
