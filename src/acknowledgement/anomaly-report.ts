import { entryOf, errorIdOf, type Finding, type Language } from '../vocabulary/index.ts';
import { cutText, escapeText } from './markup.ts';

const tagUnitsMax = 50;
const valueUnitsMax = 250;
const labelUnitsMax = 500;
const locationUnitsMax = 200;
const placeMax = 999_999_999_999_999;

/**
 * One finding as a notification tells it. The block has no place for the name of a file; where a
 * line is one of several files, its name begins the label, where nothing cuts it.
 *
 * Source: glossary block 90176.
 */
export function anomalyReport(
  finding: Finding,
  { language, file }: { readonly language: Language; readonly file?: string | undefined },
): string {
  const { tag, value } = finding;
  const says = anomalyLabel(finding, language);
  const label = file === undefined || finding.line === undefined ? says : `${file}: ${says}`;
  return (
    '   <AnomalyReport>\n' +
    `    <ErrorID>${escapeText(errorIdOf(finding))}</ErrorID>\n` +
    (tag === undefined || tag === '' ? '' : text('TagName', tag, tagUnitsMax)) +
    (value === undefined ? '' : text('Value', value, valueUnitsMax)) +
    `    <AnomalyClass>${finding.anomalyClass}</AnomalyClass>\n` +
    (label === '' ? '' : text('AnomalyLabel', label, labelUnitsMax)) +
    anomalyLocation(finding) +
    '   </AnomalyReport>\n'
  );
}

/**
 * In English the sentence about this very finding, or else the one of the catalogue; in another
 * language that of the catalogue, and the particulars behind it as they are.
 */
function anomalyLabel({ code, detail = '' }: Finding, language: Language): string {
  const label = entryOf(code)?.[language] ?? '';
  if (detail === '') return label;
  return language === 'en' || label === '' ? detail : `${label} (${detail})`;
}

function anomalyLocation({ line, column, location }: Finding): string {
  const fields = place('LineNbr', line) + place('ColumnNbr', column) + path(location);
  return fields === '' ? '' : `    <AnomalyLocation>\n${fields}    </AnomalyLocation>\n`;
}

function text(name: string, value: string, unitsMax: number): string {
  return `    <${name}>${escapeText(cutText(value, unitsMax))}</${name}>\n`;
}

function place(name: string, value: number | undefined): string {
  if (value === undefined || !Number.isInteger(value)) return '';
  if (value < 1 || value > placeMax) return '';
  return `     <${name}>${String(value)}</${name}>\n`;
}

/** A location too long for the schema names the nearest ancestor that fits, never half an ordinal. */
function path(location: string | undefined): string {
  if (location === undefined || !/^\d+(?:,\d+)*$/.test(location)) return '';
  const fitting =
    location.length <= locationUnitsMax
      ? location
      : location.slice(0, location.lastIndexOf(',', locationUnitsMax));
  return `     <Location>${fitting}</Location>\n`;
}
