import { describe, expect, it } from '@jest/globals';
import {
  declarationsPerBatchMax,
  isTicket,
  placeOfTicket,
  ticketOf,
} from '../../src/vocabulary/index.ts';

describe('a ticket', () => {
  it.each([
    [1, 0],
    [1, 1],
    [36 ** 7 - 1, declarationsPerBatchMax],
    [123_456_789, 4_711],
  ])('tells the batch %d and the declaration %d it was made for', (batch, declaration) => {
    const ticket = ticketOf(batch, declaration);

    expect(isTicket(ticket)).toBe(true);
    expect(placeOfTicket(ticket)).toEqual({ batch, declaration });
  });
});
