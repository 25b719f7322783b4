import type { SetFile } from '../intake/index.ts';
import type { InDirectory, NameElements } from '../vocabulary/index.ts';
import { brusselsDate, isRealDate } from '../vocabulary/index.ts';

/** One reason why a file or set is not received: a reception code of annex 30. */
export interface Problem {
  readonly code: string;
  /** One English sentence for people and the journal. */
  readonly detail: string;
  /** The file meant, when it is not the one that triggered the set. */
  readonly fileName?: string;
}

export interface NamedSet {
  /** Sender number of the login that brought the files. */
  readonly sender: string;
  readonly directory: InDirectory;
  readonly trigger: SetFile;
  readonly files: readonly SetFile[];
  readonly receivedAt: Date;
}

export interface NameLimits {
  readonly dateDaysMax: number;
  readonly knownTypes: ReadonlySet<string>;
}

/**
 * Reception checks 2 to 8, in their published order: what names and numbers of files, and the
 * messages that brought them, can tell. Check 1, the shape of a name, was made by intake when the set was put together.
 *
 * @returns one list of problems per check, in order; empty lists are left out.
 */
export function checkNames(set: NamedSet, limits: NameLimits): readonly Problem[] {
  const { elements } = set.trigger;
  return [
    checkHeaders(set),
    checkType(elements, limits),
    checkSender(set),
    checkDate(elements, set.receivedAt, limits),
    checkSequence(elements),
    checkParts(set),
    checkEnvironment(elements, set.directory),
    checkCompleteness(set),
    checkAnnounced(set),
  ].flat();
}

/** Faults of the messages that brought the files: the channel found them, the receipt tells them. */
function checkHeaders({ trigger, files }: NamedSet): Problem[] {
  return [trigger, ...files.filter((file) => file !== trigger)].flatMap(({ name, faults = [] }) =>
    faults.map((fault) => ({ ...fault, fileName: name })),
  );
}

/** A GO that stands for files of another channel says which; those have to be the ones here. */
function checkAnnounced({ trigger, files }: NamedSet): Problem[] {
  return (trigger.announced ?? []).flatMap(({ name, bytes, sha256 }) => {
    const file = files.find((one) => one.name === name);
    if (file?.bytes === bytes && file.sha256.toString('hex') === sha256) return [];
    const detail =
      file === undefined
        ? `'${name}' was announced and is not there`
        : `'${name}' is not the file that was announced`;
    return [{ code: '131', detail, fileName: name }];
  });
}

function checkType({ type }: NameElements, { knownTypes }: NameLimits): Problem[] {
  if (knownTypes.has(type)) return [];
  return [{ code: '129', detail: `'${type}' is no known message type` }];
}

function checkSender({ sender, trigger }: NamedSet): Problem[] {
  if (trigger.elements.sender === sender) return [];
  return [
    {
      code: '108',
      detail: `the name says sender ${trigger.elements.sender}, the login is ${sender}`,
    },
  ];
}

function checkDate({ date }: NameElements, at: Date, { dateDaysMax }: NameLimits): Problem[] {
  if (!/^\d{8}$/.test(date)) return [{ code: '109', detail: `'${date}' is not eight digits` }];
  const legal = `${date.slice(0, 4)}-${date.slice(4, 6)}-${date.slice(6)}`;
  if (!isRealDate(legal)) return [{ code: '110', detail: `${legal} is no date` }];
  const today = brusselsDate(at);
  if (legal > today) return [{ code: '111', detail: `${legal} lies in the future` }];
  const dayMs = 86_400_000;
  const age = (Date.parse(`${today}T00:00:00Z`) - Date.parse(`${legal}T00:00:00Z`)) / dayMs;
  if (age <= dateDaysMax) return [];
  return [{ code: '126', detail: `${legal} is more than ${String(dateDaysMax)} days ago` }];
}

function checkSequence({ sequence }: NameElements): Problem[] {
  if (sequence.length !== 5) {
    return [{ code: '112', detail: `the sequence '${sequence}' is not five characters` }];
  }
  if (!/^[0-9A-Z]{5}$/.test(sequence)) {
    return [{ code: '367', detail: `the sequence '${sequence}' has a sign outside 0-9 and A-Z` }];
  }
  if (sequence === '00000') return [{ code: '127', detail: 'the sequence is zero' }];
  return [];
}

function checkParts({ trigger, files }: NamedSet): Problem[] {
  return [trigger, ...files.filter((file) => file !== trigger)].flatMap((file) => {
    const { parts, part } = file.elements;
    const faults = [parts, part].flatMap((text) => (text === undefined ? [] : partFault(text)));
    const problems = faults.map((fault) => ({ ...fault, fileName: file.name }));
    if (problems.length > 0) return problems.slice(0, 1);
    if (part === undefined || Number(part) <= Number(parts)) return [];
    const detail = `part ${part} of ${String(parts)}`;
    return [{ code: '128', detail, fileName: file.name }];
  });
}

function partFault(text: string): Problem[] {
  if (text.length !== 1) return [{ code: '114', detail: `'${text}' is not one digit` }];
  if (!/^\d$/.test(text)) return [{ code: '115', detail: `'${text}' is not a digit` }];
  if (text === '0') return [{ code: '116', detail: 'a number of parts or a part is zero' }];
  return [];
}

const placeFaults = { R: ['118', 'IN'], T: ['119', 'INTEST'], S: ['257', 'INTEST-S'] } as const;

function checkEnvironment({ environment }: NameElements, directory: InDirectory): Problem[] {
  if (environment === '') return [{ code: '144', detail: 'the name tells no environment' }];
  if (environment !== 'R' && environment !== 'T' && environment !== 'S') {
    return [{ code: '117', detail: `the environment '${environment}' is not R, T or S` }];
  }
  const [code, place] = placeFaults[environment];
  if (directory === place) return [];
  return [{ code, detail: `environment ${environment} belongs in ${place}, not in ${directory}` }];
}

function checkCompleteness(set: NamedSet): Problem[] {
  const wanted = wantedParts(set.trigger.elements);
  const declarations = placesOf(set.files, 'FI');
  const signatures = placesOf(set.files, 'FS');
  if (declarations.length === 0)
    return [{ code: '142', detail: 'the set has no declaration file' }];
  const problems: Problem[] = [];
  if (declarations.length !== wanted) {
    problems.push({ code: '120', detail: countText('FI', declarations.length, wanted) });
  } else if (!isNumbered(declarations, wanted)) {
    problems.push({ code: '123', detail: `FI files are numbered ${numbersText(declarations)}` });
  }
  const signed = set.trigger.elements.environment !== 'S' || signatures.length > 0;
  if (signed && signatures.length !== wanted) {
    problems.push({ code: '122', detail: countText('FS', signatures.length, wanted) });
  } else if (signed && !isNumbered(signatures, wanted)) {
    problems.push({ code: '124', detail: `FS files are numbered ${numbersText(signatures)}` });
  }
  return problems;
}

function wantedParts({ parts }: NameElements): number {
  return parts === undefined ? 1 : Number(parts);
}

/** Which part a file says it is, and of how many; the layout without parts is the only one. */
interface Place {
  readonly part: number;
  readonly parts: number;
}

function placesOf(files: readonly SetFile[], prefix: string): readonly Place[] {
  return files
    .filter(({ elements }) => elements.prefix === prefix)
    .map(({ elements }) => ({
      part: Number(elements.part ?? '1'),
      parts: wantedParts(elements),
    }))
    .sort((a, b) => a.part - b.part);
}

/** One of each number, and each file of a set of as many as the GO announces. */
function isNumbered(places: readonly Place[], wanted: number): boolean {
  return places.every(({ part, parts }, index) => part === index + 1 && parts === wanted);
}

function numbersText(places: readonly Place[]): string {
  return places.map(({ part, parts }) => `${String(part)} of ${String(parts)}`).join(', ');
}

function countText(prefix: string, count: number, wanted: number): string {
  return `${String(count)} ${prefix} for a set of ${String(wanted)}`;
}
