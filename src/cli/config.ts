import { describeSettings } from '../settings.ts';
import type { RegisterCommand } from './frame.ts';

/** `sluis config`: each effective value and where it came from. */
export const registerConfig: RegisterCommand = (program, frame) => {
  program
    .command('config')
    .description('the effective settings and where each came from; secrets are masked')
    .addHelpText('after', examples)
    .action(() => {
      const settings = frame.settings();
      const lines = describeSettings(settings);
      frame.out.json({ file: settings.file ?? null, settings: lines, warnings: settings.warnings });
      frame.out.table(
        ['setting', 'value', 'from', 'environment', 'flag'],
        lines.map(({ name, value, origin, env, flag }) => [
          name,
          value ?? '-',
          origin === 'file' ? (settings.file ?? origin) : origin,
          env,
          flag ?? '-',
        ]),
      );
      for (const warning of settings.warnings) frame.out.progress(`warning: ${warning}`);
    });
};

const examples = `
Examples:
  $ sluis config
  $ SLUIS_SETTLE=5s sluis config --json`;
