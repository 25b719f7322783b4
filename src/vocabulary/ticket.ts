/** Thirteen uppercase alphanumerics that name a file or a form for ever. */
export type Ticket = string & { readonly __brand: 'Ticket' };

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ';

/** A batch holds at most this many declarations: what four characters of base 36 can number. */
export const declarationsPerBatchMax = 36 ** 4 - 1;

/**
 * The ticket of a batch (declaration 0) or of one of its declarations (1 and up): `S`, seven
 * characters of batch, four of declaration, one check character. Derived from stored numbers only,
 * so that a step that runs twice gives the same ticket twice.
 */
export function ticketOf(batch: number, declaration = 0): Ticket {
  const body = `S${base36(batch, 7)}${base36(declaration, 4)}`;
  return `${body}${checkCharacter(body)}` as Ticket;
}

export function isTicket(text: string): text is Ticket {
  return /^S[0-9A-Z]{12}$/.test(text) && checkCharacter(text.slice(0, 12)) === text.slice(12);
}

/** The batch and the declaration (0 for the batch itself) that a ticket was made for. */
export function placeOfTicket(ticket: Ticket): {
  readonly batch: number;
  readonly declaration: number;
} {
  return {
    batch: Number.parseInt(ticket.slice(1, 8), 36),
    declaration: Number.parseInt(ticket.slice(8, 12), 36),
  };
}

function base36(value: number, width: number): string {
  const text = value.toString(36).toUpperCase().padStart(width, '0');
  if (text.length > width) throw new RangeError(`${String(value)} does not fit ${String(width)}`);
  return text;
}

/** Weighted sum modulo 37 would need a 37th sign; odd and even weights modulo 36 catch any one slip. */
function checkCharacter(body: string): string {
  let sum = 0;
  for (let index = 0; index < body.length; index += 1) {
    sum += alphabet.indexOf(body.charAt(index)) * (index % 2 === 0 ? 5 : 7);
  }
  return alphabet.charAt(sum % 36);
}
