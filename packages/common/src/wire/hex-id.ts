/** Origins and boot ids: 8 bytes on the wire, 16 lower-case hex digits in memory. */

export const idBytes = 8;

export function isHexId(text: unknown): text is string {
  return typeof text === "string" && /^[0-9a-f]{16}$/.test(text);
}

/** Writes the 8 bytes of a hex id. */
export function writeHexId(id: string, buf: Uint8Array, at: number): void {
  for (let index = 0; index < idBytes; index++) {
    buf[at + index] = (nibble(id.charCodeAt(2 * index)) << 4) | nibble(id.charCodeAt(2 * index + 1));
  }
}

function nibble(unit: number): number {
  return unit <= 0x39 ? unit - 0x30 : unit - 0x57;
}
