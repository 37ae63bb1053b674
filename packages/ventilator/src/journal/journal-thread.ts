/** The thread of the journal. */
import { serveStorage } from "@tq/common/sqlite";
import { openJournalFile } from "./journal-file.ts";

serveStorage(openJournalFile);
