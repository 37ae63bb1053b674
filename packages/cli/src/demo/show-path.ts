/** A path that is any bytes, as one line of text. */
export const showPath = (path: Buffer): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a file name may hold any, and a terminal obeys them.
  path.toString().replace(/[\u0000-\u001f\u007f-\u009f]/g, "\ufffd");
