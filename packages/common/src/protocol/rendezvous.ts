/**
 * Rendezvous hashing: whoever asks with the same key and the same names gets the same one of them, and when a name goes
 * only its keys go elsewhere. A ring of virtual nodes does the same for thousands of names; here there are a few.
 */

/** Tasks of one origin share a sink by blocks of so many seqs, so that its duplicate window gets dense ranges. */
export const sinkBlockSeqs = 65_536;

/** What a sink is chosen by. */
export const sinkKeyOf = (origin: string, seq: number): string =>
  `${origin}/${Math.floor(seq / sinkBlockSeqs)}`;

/** The one of these names that the key belongs to; undefined only where there are none. */
export const rendezvous = (key: string, names: Iterable<string>): string | undefined => {
  let best: string | undefined;
  let bestWeight = -1;
  for (const name of names) {
    const weight = hash32(`${key}@${name}`);
    if (weight > bestWeight) {
      best = name;
      bestWeight = weight;
    }
  }
  return best;
};

/** FNV-1a with a finaliser: FNV alone barely mixes the last characters into the high bits that decide. */
const hash32 = (text: string): number => {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
};
