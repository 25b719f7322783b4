import type { ServerAccount } from './server-account.ts';
import type { ServerBinaries } from './server-binaries.ts';

/** Where one embedded server lives and whom it runs as. All paths are real paths. */
export interface ServerPlace {
  readonly root: string;
  readonly cluster: string;
  readonly socket: string;
  readonly passwordFile: string;
  /** `start`: held while starting; `users`: shared by its users; `sentinel`: by who stops it. */
  readonly locks: { readonly start: string; readonly users: string; readonly sentinel: string };
  readonly account: ServerAccount | undefined;
  readonly binaries: ServerBinaries;
  readonly connectionsMax: number;
}
