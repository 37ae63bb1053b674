// What an editor shows where startLocal is called wrongly.
import { defineTask, handler, startLocal, type } from "@tq/local";

const square = defineTask({ name: "square", input: type<number>(), output: type<number>() });
const squaring = handler(square, (n) => n * n);
const file = new URL("./handlers.ts", import.meta.url);

export const inTheLoop = startLocal({ handlers: [squaring], workers: 2 });
export const onThreads = startLocal({ handlers: file, threads: true, workers: 4, threadHeapMb: 64 });
export const ofSeveralFiles = startLocal({ handlers: [file, "./more.ts"], threads: true });

// error: is not assignable to type 'HandlerFile'
export const functionsOnThreads = startLocal({ handlers: [squaring], threads: true });

// error: Property 'threads' is missing in type '{ handlers: URL; }' but required in type 'LocalThreadsOptions'
export const filesInTheLoop = startLocal({ handlers: file });

// error: is not assignable to parameter of type 'LocalOptions'
export const heapInTheLoop = startLocal({ handlers: [squaring], threadHeapMb: 64 });
