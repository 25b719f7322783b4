/** Reports as Markdown. A report: title, columns, rows, and targets with `max` or `min` ratios. */

export function tableText({ columns, rows }) {
  const lines = [columns, ...rows].map((cells) => cells.map(String));
  const widths = columns.map((_, at) => Math.max(3, ...lines.map((cells) => cells[at].length)));
  // Every column but the first holds numbers.
  const line = (cells) =>
    `| ${cells.map((cell, at) => (at === 0 ? cell.padEnd(widths[at]) : cell.padStart(widths[at]))).join(' | ')} |`;
  const rule = `| ${widths.map((width, at) => (at === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)).join(' | ')} |`;
  const [head, ...body] = lines;
  return [line(head), rule, ...body.map(line)].join('\n');
}

/** One line a target: what was measured, what was wanted, met or missed. */
export function judged({ targets }) {
  return targets
    .map(({ says, value, unit = '×', max, min }) => {
      const met = (max === undefined || value <= max) && (min === undefined || value >= min);
      const wanted = max === undefined ? `at least ${min}` : `at most ${max}`;
      const digits = unit === '×' ? 2 : 0;
      return `- ${says}: ${value.toFixed(digits)} ${unit}, target ${wanted} ${unit}: **${met ? 'met' : 'missed'}**`;
    })
    .join('\n');
}
