import { checkHealth, type HealthLine } from '../operations/index.ts';
import { offlineChecks } from './doctor-checks.ts';
import type { CommandFrame, RegisterCommand } from './frame.ts';
import { expiryCheck, outboxCheck, partnersCheck } from './channel-checks.ts';
import { registrationChecks } from './registration-checks.ts';
import { explain } from './trouble.ts';
import { failureOf } from '../vocabulary/index.ts';

/** `sluis doctor`: what is wrong, one line each, with the remedy. */
export const registerDoctor: RegisterCommand = (program, frame) => {
  program
    .command('doctor')
    .description('checks database, blobs, keys, certificates, clock and limits')
    .addHelpText('after', examples)
    .action(async () => {
      const settings = frame.settings();
      const offline = await checkHealth(offlineChecks(settings, frame.clock));
      const lines = [...offline.lines, ...(await officeLines(frame))];
      const wrong = lines.some(({ state }) => state === 'wrong');
      frame.out.json({ state: wrong ? 'wrong' : 'ok', checks: lines });
      for (const line of lines) frame.out.print(written(line));
      if (wrong) frame.sayNo();
    });
};

/** An office that cannot be opened is a finding of the doctor, not the end of it. */
async function officeLines(frame: CommandFrame): Promise<readonly HealthLine[]> {
  try {
    const office = await frame.office();
    const { checks, identity, clock } = office;
    const radar = [expiryCheck(office), outboxCheck(office), partnersCheck(office)];
    const all = [...checks, ...registrationChecks(identity, clock), ...radar];
    const { lines } = await checkHealth(all);
    return lines;
  } catch (thrown) {
    const failure = failureOf(thrown);
    const [says = '', remedy = ''] = explain(failure, { stack: false });
    const line = { says: says.replace(/^sluis: /, ''), remedy: remedy.trim() };
    return [{ name: 'database', state: 'wrong', ...line }];
  }
}

const marks = { ok: 'ok     ', warning: 'warning', wrong: 'WRONG  ' } as const;

function written({ name, state, says, remedy }: HealthLine): string {
  const line = `${marks[state]}  ${name.padEnd(12)}  ${says}`;
  return remedy === undefined ? line : `${line}\n         ${' '.repeat(12)}  → ${remedy}`;
}

const examples = `
Exit code 1 when something is wrong; warnings alone are 0.

Examples:
  $ sluis doctor
  $ sluis doctor --json | jq '.checks[] | select(.state != "ok")'`;
