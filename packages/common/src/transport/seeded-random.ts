/**
 * Random numbers that a seed reproduces, for fault injection and for tests; not for ids or keys.
 *
 * A Weyl sequence (step 2³²/φ, odd) through the 32-bit finaliser of MurmurHash3: all seeds walk one cycle, but even
 * neighbouring ones start far apart on it, and a number costs a few multiplications.
 */
export function seededRandom(seed: number): () => number {
  let state = Math.imul(seed | 0, 0x85ebca6b) | 0;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = state;
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
    return ((mixed ^ (mixed >>> 16)) >>> 0) / 4_294_967_296;
  };
}
