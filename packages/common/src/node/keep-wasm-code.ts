/**
 * Keeps V8 from freeing WebAssembly code while threads come and go, where it does that wrongly.
 *
 * V8 13.6, which Node 24 has (seen with 24.21), can free a wrapper of an imported function twice: another thread begins to use
 * it again while it is marked as dying (V8's commit 9b8ca54d5a mends it; nodejs/node#66366). Then the whole process ends:
 * "Check failed: jit_page.has_value()", SIGTRAP. Node strips the types of a TypeScript file with a WebAssembly module, so each
 * thread that loads such a file is such a user of wrappers, and each that ends makes some of them die. (The module that Node reads
CommonJS with imports no function: threads that load JavaScript only are safe.)
 *
 * Without that collection, code that was compiled again better, and wrappers, stay until their module goes: some hundred
 * kilobytes. Rejected: terminating no thread (one that exits by itself, or dies, frees the same); one thread for ever (users'
 * handlers die); asking users for a flag on the command line (`NODE_OPTIONS` refuses this one, and who reads that first?).
 */
import { setFlagsFromString } from "node:v8";

const isAffected = process.versions.v8.startsWith("13.6.");

/** Call it before a thread is started that may load TypeScript, or users' code. Harmless twice. Does nothing in a sound Node. */
export function keepWasmCode(): void {
  if (isAffected) setFlagsFromString("--no-wasm-code-gc");
}
