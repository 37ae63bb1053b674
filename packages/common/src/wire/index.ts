/** What is said between peers, and how it looks as bytes: TQP/1. Pure. */
export { AttachmentsReader } from "./attachments.ts";
export { BodyPacker, type CompressionCounts, type CompressionStats, noCompression } from "./body-packer.ts";
export { type Decoded, decodeMessage, type EncodeMessageOptions, encodeMessage } from "./codec.ts";
export { grammar, inSession, isNumbered, mayCarry } from "./grammar.ts";
export { idCount } from "./ids.ts";
export { protocolVersion, wireLimits } from "./limits.ts";
export type * from "./messages.ts";
export { nothing as noOptions } from "./read-field.ts";
export {
  bytesOfValues,
  gatherValues,
  ownedValues,
  type Piece,
  prefixOffsets,
  sizesOfValues,
  sliceValues,
  withOwnAttachments,
} from "./slab.ts";
export {
  decodeValue,
  decodeValueAt,
  decodeValues,
  type EncodedValue,
  encodeValue,
  encodeValues,
  nilValues,
} from "./values.ts";
export { type EncodeOptions, ValuesEncoder } from "./values-encoder.ts";
export type { Violation } from "./violation.ts";
