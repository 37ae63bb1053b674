/** Brings the generated parts of `docs/protocol.md` up to date: `node packages/common/src/protocol/write-protocol-document.test-support.ts`. */
import { readFileSync, writeFileSync } from "node:fs";
import { documentFile, withParts } from "./protocol-document.test-support.ts";

writeFileSync(documentFile, withParts(readFileSync(documentFile, "utf8")));
