/** The thread that writes a store. */
import { serveStorage } from "@tq/common/sqlite";
import { openStoreFile } from "./store-file.ts";

serveStorage(openStoreFile);
