/** The test vectors of the wire as frames, for whoever wants to say all of them. */
import { readHex } from "../../../packages/common/src/wire/describe-value.test-support.ts";
import vectors from "../../../packages/common/src/wire/vectors.json" with { type: "json" };

export { vectors };

export const framesOf = ({ frames }: { readonly frames: readonly string[] }): Buffer[] => frames.map(readHex);
