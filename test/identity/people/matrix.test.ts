import { describe, expect, it } from '@jest/globals';
import { actions, cells, permits } from '../../../src/identity/index.ts';
import type { Action, Asker, MatrixRole, Target } from '../../../src/identity/index.ts';

/**
 * The published table of rights, written down again by hand: E in the own enterprise, q in the own
 * or selected quality, s on oneself, * everywhere, - never. Columns of the table first, then those
 * that were added to it.
 */
const table = `
                            LR CAM COCAM AM COAM USR TU HD | SP CUR REP OP operator
cam.appoint                 E  -   -     -  -    -   -  *  | -  -   -   -  *
service-provider.appoint    E  -   -     -  -    -   -  -  | -  -   -   -  *
ebox.activate               E  -   -     -  -    -   -  -  | -  -   -   -  *
enterprise.close            E  -   -     -  -    -   -  *  | -  -   -   -  *
enterprise.activate         -  E   -     -  -    -   -  -  | -  -   -   -  *
quality.activate            -  E   E     -  -    -   -  -  | -  -   -   -  *
am.appoint                  -  E   E     -  -    -   -  -  | -  -   -   -  *
cocam.manage                -  E   -     -  -    -   -  -  | -  -   -   -  *
cocam.edit                  -  E   -     -  -    -   -  -  | -  -   -   -  *
coam.manage                 -  E   E     q  -    -   -  -  | -  q   -   -  *
technical-user.manage       -  E   E     q  q    -   -  -  | -  q   -   -  *
user.register               -  E   E     q  q    -   -  -  | -  q   -   -  *
user.assign                 -  E   E     q  q    -   -  -  | -  q   -   -  *
user.edit                   -  E   E     q  q    -   -  -  | -  q   -   -  *
user.change-state           -  E   E     q  q    -   -  -  | -  q   -   -  *
user.reset-password         -  E   E     q  q    -   -  *  | -  q   -   -  *
people.search-enterprise    -  E   E     -  -    -   -  *  | -  -   -   *  *
people.search-quality       -  E   E     q  q    -   -  *  | -  q   -   *  *
people.filter-application   -  E   E     q  q    -   -  -  | -  q   -   *  *
enterprise.read             E  E   E     -  -    -   -  *  | -  -   -   *  *
quality.edit                -  q   q     q  q    -   -  -  | -  q   -   -  *
routing.manage              -  q   q     q  q    -   -  -  | -  q   -   -  *
messages.manage             -  q   q     q  q    -   -  -  | -  q   -   -  *
application.use             -  -   -     q  q    q   -  -  | -  q   -   -  -
ebox.use                    -  -   -     q  q    q   -  -  | -  q   -   -  -
ebox.manage                 -  -   -     q  q    -   -  -  | -  q   -   -  -
self.change                 s  s   s     s  s    s   s  s  | s  s   s   s  -
self.certificate            -  s   s     s  s    s   s  -  | s  s   s   -  -
self.read                   -  s   s     s  s    s   s  -  | s  s   s   s  -
second-factor.reset         -  -   -     -  -    -   -  *  | -  -   -   -  *
login.unlock                -  E   E     q  q    -   -  *  | -  q   -   -  *
representative.create       -  -   -     -  -    -   -  *  | -  -   -   -  *
mandate-import.support      -  -   -     -  -    -   -  *  | -  -   -   -  *
codes.issue                 -  -   -     -  -    -   -  *  | -  -   -   -  *
enterprise-number.add       -  -   -     -  -    -   -  *  | -  -   -   -  *
channel.exchange            -  -   -     -  -    -   s  -  | -  -   -   -  -
quality.read                E  E   E     q  q    q   -  *  | -  q   -   *  *
quality.suspend             -  E   E     -  -    -   -  -  | -  -   -   -  *
self.access                 s  s   s     s  s    s   -  s  | s  s   s   s  -
case.open                   s  s   s     s  s    s   -  -  | s  s   s   -  -
case.manage                 -  -   -     -  -    -   -  *  | -  -   -   -  *
conversion.carry-out        -  -   -     -  -    -   -  *  | -  -   -   -  *
curator.register            -  -   -     -  -    -   -  *  | -  -   -   -  *
representation.use          -  -   -     -  -    -   -  -  | -  -   s   -  -
enterprise.admit            -  -   -     -  -    -   -  -  | -  -   -   *  *
lr.appoint                  -  -   -     -  -    -   -  -  | -  -   -   *  *
staff.appoint               -  -   -     -  -    -   -  -  | -  -   -   *  *
person.block                -  -   -     -  -    -   -  *  | -  -   -   *  *
entitlement.manage          -  -   -     -  -    -   -  -  | -  -   -   *  *
quality-type.manage         -  -   -     -  -    -   -  -  | -  -   -   *  *
application.manage          -  -   -     -  -    -   -  -  | -  -   -   *  *
audit.read                  -  E   E     -  -    -   -  -  | -  -   -   *  *
session.end                 -  E   E     q  q    -   -  *  | -  q   -   -  *
certificate.withdraw        -  E   E     q  -    -   -  *  | -  q   -   -  *
mail.manage                 -  -   -     -  -    -   -  -  | -  -   -   *  *`;

const words = (line: string): string[] =>
  line
    .replace('|', ' ')
    .split(' ')
    .filter((word) => word !== '');
const [head = '', ...lines] = table.trim().split('\n');
const columns = words(head) as MatrixRole[];
const expected = lines.flatMap((line) => {
  const [action = '', ...marks] = words(line);
  return columns.map((role, index) => ({ role, action: action as Action, mark: marks[index] }));
});

const own = { enterprise: '0206731645', qualityId: 'q1', personId: 'p1' };
const targets: Readonly<Record<string, Target>> = {
  oneself: own,
  'somebody of the quality': { ...own, personId: 'p2' },
  'somebody of another quality': { ...own, qualityId: 'q2', personId: 'p2' },
  'somebody of the enterprise': { enterprise: own.enterprise, personId: 'p2' },
  'somebody elsewhere': { enterprise: '0403019261', qualityId: 'q9', personId: 'p9' },
  nobody: {},
};

/** Which of the targets each mark reaches. */
const reached: Readonly<Record<string, readonly string[]>> = {
  '-': [],
  s: ['oneself'],
  q: ['oneself', 'somebody of the quality'],
  E: [
    'oneself',
    'somebody of the quality',
    'somebody of another quality',
    'somebody of the enterprise',
  ],
  '*': Object.keys(targets),
};

describe('the matrix', () => {
  it.each(expected)('$role $action: $mark', ({ role, action, mark = '' }) => {
    const asker: Asker = { role, ...own };

    const allowed = Object.entries(targets)
      .filter(([, target]) => permits(asker, action, target).allowed)
      .map(([name]) => name);

    expect(allowed).toEqual(reached[mark]);
  });

  it('has a row of the table for every action, and every cell once', () => {
    expect(lines.map((line) => words(line)[0]).sort()).toEqual([...actions].sort());
    expect(new Set(cells.map(([role, action]) => `${role} ${action}`)).size).toBe(cells.length);
  });

  it('denies what no cell allows: the system may nothing', () => {
    for (const action of actions) {
      expect(permits({ role: 'system', ...own }, action, own)).toEqual({
        allowed: false,
        rule: 'role',
      });
    }
  });

  it('says which bound was broken', () => {
    const asker: Asker = { role: 'AM', ...own };

    expect(permits(asker, 'cam.appoint', own)).toMatchObject({ rule: 'role' });
    expect(permits(asker, 'user.register', { ...own, qualityId: 'q2' })).toMatchObject({
      rule: 'quality',
    });
    expect(permits(asker, 'user.register', { ...own, enterprise: '0403019261' })).toMatchObject({
      rule: 'enterprise',
    });
    expect(permits(asker, 'self.read', { personId: 'p2' })).toMatchObject({ rule: 'self' });
  });

  it('takes an absent quality for none: a manager without a selected one reaches nothing in it', () => {
    const asker: Asker = { role: 'CAM', enterprise: own.enterprise, personId: 'p1' };

    expect(permits(asker, 'quality.edit', { enterprise: own.enterprise })).toMatchObject({
      allowed: false,
      rule: 'quality',
    });
  });
});
