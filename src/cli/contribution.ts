import { shippedParameters } from '../compose.ts';
import { assessAll, assessmentToJson } from '../computation/index.ts';
import { parseAssessmentInput, policyFrom } from '../computation/index.ts';
import type { AssessmentInput, AssessmentJson, ParameterSets } from '../computation/index.ts';
import { Failure } from '../vocabulary/index.ts';
import { readNamedFile, repeated } from './named-file.ts';
import type { RegisterCommand } from './frame.ts';

const inputsMax = 100_000;

/** `sluis contribution`: the computation, without a gateway. */
export const registerContribution: RegisterCommand = (program, frame) => {
  const group = program
    .command('contribution')
    .description('what operators of the medical-device sector owe');
  group
    .command('assess')
    .description('computes contributions and shows every step')
    .argument('<file>', 'JSON: a list of inputs, or an object with a list named cases')
    .option('--policy <key=value>', 'departs from a default (repeatable)', repeated)
    .option('--text', 'prints each step in words in place of JSON')
    .addHelpText('after', assessExamples)
    .action(
      async (
        file: string,
        options: { readonly policy?: readonly string[]; readonly text?: boolean },
      ) => {
        const policy = policyFrom(options.policy ?? []);
        const inputs = inputsIn(await readNamedFile(file), file);
        const parameters = await shippedParameters();
        const results = assessAll(inputs, { parameters, policy }).map(assessmentToJson);
        frame.out.json(results);
        if (options.text !== true) {
          frame.out.print(JSON.stringify(results, null, 2));
          return;
        }
        results.forEach((result, index) => {
          for (const line of written(result, index)) frame.out.print(line);
        });
      },
    );
};

/** `sluis parameters`: the dated figures the computation rests on. */
export const registerParameters: RegisterCommand = (program, frame) => {
  const group = program
    .command('parameters')
    .description('the dated parameters of the contribution');
  group
    .command('list')
    .description('the figures of every year, or of one, with their sources')
    .argument('[year]', 'contribution year')
    .action(async (year: string | undefined) => {
      const parameters = await shippedParameters();
      const years = year === undefined ? parameters.years : [yearIn(year)];
      const figures = years.flatMap((one) => figuresOf(parameters, one));
      frame.out.json(figures);
      frame.out.table(
        ['year', 'parameter', 'value', 'status', 'source'],
        figures.map(({ year: of, name, value, status, source }) => [
          ...[String(of), name, value, status, source],
        ]),
      );
    });
  group
    .command('check')
    .description('whether the parameters are complete and plausible')
    .action(async () => {
      const { years, incomplete, warnings } = await shippedParameters();
      frame.out.json({ years, incomplete, warnings });
      frame.out.print(`complete: ${years.join(' ')}`);
      for (const { year, missing } of incomplete) {
        frame.out.print(`${year} cannot be computed: ${missing.join(', ')} not published yet`);
      }
      for (const warning of warnings) frame.out.print(`odd: ${warning}`);
      if (warnings.length > 0) frame.sayNo();
    });
};

/** A list of inputs, or the document of worked cases with an `input` in each. */
function inputsIn(bytes: Buffer, path: string): AssessmentInput[] {
  let document: unknown;
  try {
    document = JSON.parse(bytes.toString('utf8'));
  } catch (thrown) {
    throw new Failure('cli.unreadable', { path, reason: 'it is not JSON' }, thrown);
  }
  const cases = fieldOf(document, 'cases');
  const list = cases === undefined ? document : cases;
  if (!Array.isArray(list)) throw new Failure('cli.unreadable', { path, expected: 'a list' });
  if (list.length > inputsMax) throw new Failure('cli.unreadable', { path, inputsMax });
  return list.map((one: unknown, index) => inputIn(fieldOf(one, 'input') ?? one, index));
}

function inputIn(value: unknown, index: number): AssessmentInput {
  try {
    return parseAssessmentInput(value);
  } catch (thrown) {
    if (!(thrown instanceof Failure)) throw thrown;
    throw new Failure(thrown.code, { index, ...thrown.facts }, thrown);
  }
}

function fieldOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  return (value as Readonly<Record<string, unknown>>)[name];
}

function yearIn(text: string): number {
  if (/^\d{4}$/.test(text)) return Number(text);
  throw new Failure('cli.usage', { year: text, expected: 'four digits' });
}

function figuresOf(
  parameters: ParameterSets,
  year: number,
): { year: number; name: string; value: string; status: string; source: string; says: string }[] {
  const { documented } = parameters.forYear(year);
  return Object.entries(documented).map(([name, { value, status, source, says }]) => ({
    ...{ year, name, value, status, source, says },
  }));
}

function written(result: AssessmentJson, index: number): string[] {
  const { status, reason, total, totalWithPenalties, trace } = result;
  const owed = totalWithPenalties ?? total;
  const head = [`${index + 1}.`, status, ...(reason === undefined ? [] : [reason])];
  return [
    [...head, ...(owed === null ? [] : [`${owed} EUR`])].join(' '),
    ...trace.map(({ rule, text, value }) => `   ${rule.padEnd(5)}${text}: ${value}`),
  ];
}

const assessExamples = `
Examples:
  $ sluis contribution assess inputs.json --json
  $ sluis contribution assess inputs.json --policy levyBase=excess --policy entityFloor=1`;
