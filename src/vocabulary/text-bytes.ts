const bytesFirst = 1024 * 1024;
/** UTF-8 takes at most three bytes for a UTF-16 unit. */
const bytesPerUnit = 3;
const encoder = new TextEncoder();

/**
 * A text that is made in many pieces and wanted as UTF-8 in the end. Each piece is encoded at once,
 * so that nothing but bytes is kept of it.
 */
export class TextBytes {
  private buffer = new Uint8Array(0);
  private length = 0;

  add(piece: string): void {
    const needed = this.length + piece.length * bytesPerUnit;
    if (needed > this.buffer.length) this.grow(needed);
    const { written } = encoder.encodeInto(piece, this.buffer.subarray(this.length));
    this.length += written;
  }

  /** All of it, in a buffer of its own. */
  whole(): Uint8Array {
    return this.buffer.slice(0, this.length);
  }

  private grow(needed: number): void {
    const grown = new Uint8Array(Math.max(needed, this.buffer.length * 2, bytesFirst));
    grown.set(this.buffer.subarray(0, this.length));
    this.buffer = grown;
  }
}
