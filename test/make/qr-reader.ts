/**
 * Reads a QR code (ISO/IEC 18004) from the picture the `qrcode` library draws, as a camera would once
 * it has found the squares: format, mask, blocks, check bytes, segments. Versions 1 to 12 at level M.
 */
export function readQr(svg: string): string {
  const grid = squaresOf(svg);
  const size = grid.length;
  const version = (size - 17) / 4;
  const layout = levelM[version - 1];
  if (layout === undefined) throw new Error(`a code of ${size} squares is not read here`);
  const { level, mask } = formatOf(grid);
  if (level !== 0) throw new Error('the code is not of level M');
  const codewords = codewordsOf(grid, { version, mask });
  return textOf(dataOf(codewords, layout), version);
}

type Grid = readonly (readonly boolean[])[];

/** Check bytes a block, then how many blocks of how many data bytes. */
type Layout = readonly [check: number, ...blocks: readonly (readonly [number, number])[]];

const levelM: readonly Layout[] = [
  [10, [1, 16]],
  [16, [1, 28]],
  [26, [1, 44]],
  [18, [2, 32]],
  [24, [2, 43]],
  [16, [4, 27]],
  [18, [4, 31]],
  [22, [2, 38], [2, 39]],
  [22, [3, 36], [2, 37]],
  [26, [4, 43], [1, 44]],
  [30, [1, 50], [4, 51]],
  [22, [6, 36], [2, 37]],
];

const alignments: readonly (readonly number[])[] = [
  ...[[], [6, 18], [6, 22], [6, 26], [6, 30], [6, 34], [6, 22, 38]],
  ...[
    [6, 24, 42],
    [6, 26, 46],
    [6, 28, 50],
    [6, 30, 54],
    [6, 32, 58],
  ],
];

const marginSquares = 4;

/** The dark squares are drawn as lines: `M4 4.5h7m7 0h1…`. */
function squaresOf(svg: string): Grid {
  const side = Number(/viewBox="0 0 (\d+)/.exec(svg)?.[1]) - 2 * marginSquares;
  const grid = Array.from({ length: side }, () => Array<boolean>(side).fill(false));
  const path = /<path stroke="#000000" d="([^"]+)"/.exec(svg)?.[1] ?? '';
  let [x, y] = [0, 0];
  for (const [, move, by = '', down] of path.matchAll(/([Mmh])(-?[\d.]+)(?: (-?[\d.]+))?/g)) {
    if (move === 'M') [x, y] = [Number(by), Number(down) - 0.5];
    else if (move === 'm') x += Number(by);
    else {
      for (let dark = 0; dark < Number(by); dark += 1) {
        const row = grid[y - marginSquares];
        if (row !== undefined) row[x - marginSquares + dark] = true;
      }
      x += Number(by);
    }
  }
  return grid;
}

const at = (grid: Grid, row: number, column: number): number => (grid[row]?.[column] ? 1 : 0);

const formatMask = 0b101010000010010;

/** Fifteen bits beside the upper left square; the first two are the level, three more the mask. */
function formatOf(grid: Grid): { readonly level: number; readonly mask: number } {
  const columns = [0, 1, 2, 3, 4, 5, 7, 8, 8, 8, 8, 8, 8, 8, 8];
  const rows = [8, 8, 8, 8, 8, 8, 8, 8, 7, 5, 4, 3, 2, 1, 0];
  const bits = columns.reduce((sum, column, n) => sum * 2 + at(grid, rows[n] ?? 0, column), 0);
  const format = bits ^ formatMask;
  return { level: format >> 13, mask: (format >> 10) & 7 };
}

const masks: readonly ((row: number, column: number) => boolean)[] = [
  (r, c) => (r + c) % 2 === 0,
  (r) => r % 2 === 0,
  (_, c) => c % 3 === 0,
  (r, c) => (r + c) % 3 === 0,
  (r, c) => (Math.floor(r / 2) + Math.floor(c / 3)) % 2 === 0,
  (r, c) => ((r * c) % 2) + ((r * c) % 3) === 0,
  (r, c) => (((r * c) % 2) + ((r * c) % 3)) % 2 === 0,
  (r, c) => (((r + c) % 2) + ((r * c) % 3)) % 2 === 0,
];

/** From the lower right upwards and downwards, two columns at a time. */
function codewordsOf(
  grid: Grid,
  { version, mask }: { readonly version: number; readonly mask: number },
): number[] {
  const bits: number[] = [];
  const size = grid.length;
  let upwards = true;
  for (let right = size - 1; right > 0; right -= 2) {
    if (right === 6) right -= 1;
    for (let step = 0; step < size; step += 1) {
      const row = upwards ? size - 1 - step : step;
      for (const column of [right, right - 1]) {
        if (isPattern({ row, column, size, version })) continue;
        bits.push(at(grid, row, column) ^ (masks[mask]?.(row, column) ? 1 : 0));
      }
    }
    upwards = !upwards;
  }
  return Array.from({ length: Math.floor(bits.length / 8) }, (_, n) =>
    bits.slice(8 * n, 8 * n + 8).reduce((sum, bit) => sum * 2 + bit, 0),
  );
}

function isPattern(o: {
  readonly row: number;
  readonly column: number;
  readonly size: number;
  readonly version: number;
}): boolean {
  const { row, column, size, version } = o;
  const low = (n: number): boolean => n <= 8;
  const high = (n: number): boolean => n >= size - 8;
  if (row === 6 || column === 6) return true;
  if ((low(row) && (low(column) || high(column))) || (high(row) && low(column))) return true;
  const wide = (n: number): boolean => n >= size - 11;
  if (version >= 7 && ((row < 6 && wide(column)) || (column < 6 && wide(row)))) return true;
  const centres = alignments[version - 1] ?? [];
  const last = centres.at(-1);
  return centres.some((r) =>
    centres.some((c) => {
      const isCorner = (r === 6 && c === 6) || (r === 6 && c === last) || (r === last && c === 6);
      return !isCorner && Math.abs(row - r) <= 2 && Math.abs(column - c) <= 2;
    }),
  );
}

/** Takes the blocks apart, proves the check bytes of each, and gives their data one after another. */
function dataOf(codewords: readonly number[], [check, ...groups]: Layout): number[] {
  const sizes = groups.flatMap(([blocks, data]) => Array<number>(blocks).fill(data));
  const blocks = sizes.map((): number[] => []);
  let next = 0;
  for (let n = 0; n < Math.max(...sizes) + check; n += 1) {
    const round = n < Math.max(...sizes) ? sizes.map((data) => n < data) : sizes.map(() => true);
    for (const [block, has] of round.entries()) {
      if (has) blocks[block]?.push(codewords[next++] ?? 0);
    }
  }
  if (!blocks.every((block) => isWhole(block, check))) throw new Error('a check byte is wrong');
  return blocks.flatMap((block) => block.slice(0, -check));
}

/** Reed-Solomon over GF(256), x⁸+x⁴+x³+x²+1: every syndrome of a whole block is zero. */
function isWhole(block: readonly number[], check: number): boolean {
  const powers: number[] = [1];
  while (powers.length < 255) {
    const doubled = (powers.at(-1) ?? 0) * 2;
    powers.push(doubled > 255 ? doubled ^ 0x11d : doubled);
  }
  const times = (a: number, power: number): number =>
    a === 0 ? 0 : (powers[(powers.indexOf(a) + power) % 255] ?? 0);
  return Array.from({ length: check }, (_, root) =>
    block.reduce((sum, byte) => times(sum, root) ^ byte, 0),
  ).every((syndrome) => syndrome === 0);
}

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:';

/** Segments of figures, of capitals and of bytes. */
function textOf(data: readonly number[], version: number): string {
  const bits = data.map((byte) => byte.toString(2).padStart(8, '0')).join('');
  let place = 0;
  const take = (count: number): number => {
    place += count;
    return Number.parseInt(bits.slice(place - count, place).padEnd(count, '0'), 2);
  };
  const long = version >= 10;
  let text = '';
  while (place + 4 <= bits.length) {
    const mode = take(4);
    if (mode === 0) break;
    if (mode === 1) {
      for (let left = take(long ? 12 : 10); left > 0; left -= 3) {
        const figures = Math.min(left, 3);
        text += String(take([0, 4, 7, 10][figures] ?? 0)).padStart(figures, '0');
      }
    } else if (mode === 2) {
      for (let left = take(long ? 11 : 9); left > 0; left -= 2) {
        const pair = left > 1 ? take(11) : take(6);
        if (left > 1) text += alphabet.charAt(Math.floor(pair / 45));
        text += alphabet.charAt(pair % 45);
      }
    } else if (mode === 4) {
      const bytes = Array.from({ length: take(long ? 16 : 8) }, () => take(8));
      text += Buffer.from(bytes).toString('utf8');
    } else throw new Error(`segments of mode ${mode} are not read here`);
  }
  return text;
}
