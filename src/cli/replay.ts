import { findBatch, replayBatch, reviveParcels } from '../storage/index.ts';
import type { RegisterCommand } from './frame.ts';

/** `sluis replay`: a quarantined batch goes on where it stopped, dead parcels are tried again. */
export const registerReplay: RegisterCommand = (program, frame) => {
  program
    .command('replay')
    .argument('<ticket|file>', 'its ticket, or the name of one of its files')
    .option('--reason <text>', 'why, for the journal', 'replayed by an operator')
    .description('runs a quarantined batch again, or brings again the answers that were given up')
    .addHelpText(
      'after',
      '\nWhat was recorded stays: a step that ended is not run twice.\n\nExamples:\n  $ sluis replay S00000010000A --reason "parameters of 2026 installed"',
    )
    .action(async (name: string, { reason }: { readonly reason: string }) => {
      const { clock, database } = await frame.office();
      const id = await findBatch(database.knex, name);
      const at = clock.now();
      const { ticket, parcels } = await reviveParcels(database.knex, id, { reason, at });
      if (parcels > 0) {
        frame.out.json({ ticket, parcels });
        frame.out.print(`${ticket}: ${String(parcels)} parcels given up are brought again`);
        return;
      }
      const replayed = await replayBatch(database.knex, id, { reason, at });
      frame.out.json(replayed);
      frame.out.print(`${replayed.ticket} runs again from ${replayed.from}`);
    });
};
