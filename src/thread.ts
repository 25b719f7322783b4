import { readerOf } from './messages/index.ts';
import { runThread } from './validation/index.ts';

await runThread(readerOf);
