import { describe, expect, it } from '@jest/globals';
import { amountsOf, type Amounts } from '../../src/messages/dmfa/net-owed.ts';
import type { FormView } from '../../src/validation/index.ts';
import { readTree } from '../../src/validation/xml-tree.ts';

/** What a declaration of an employer with this content comes to. */
function amounts(content: string): Amounts {
  const tree = readTree(Buffer.from(`<EmployerDeclaration>${content}</EmployerDeclaration>`));
  const header = {
    ...{ identification: 'DMFA', creationDate: '2022-11-02', creationHour: '10:00:00.000' },
    ...{ attestationStatus: '0', typeForm: 'SU' },
  };
  const report: FormView['report'] = (_, finding) => finding;
  return amountsOf({ tree, node: 0, header, report }, 0);
}

const worker = (content: string): string =>
  `<NaturalPerson><WorkerRecord>${content}</WorkerRecord></NaturalPerson>`;
const contribution = (amount: string): string =>
  `<WorkerContribution><ContributionAmount>${amount}</ContributionAmount></WorkerContribution>`;

describe('the net amount owed', () => {
  it.each<[string, bigint, string]>([
    ['a worker', 12n, worker(contribution('12'))],
    [
      'a student',
      13n,
      worker(
        '<StudentContribution><StudentRemunAmount>99</StudentRemunAmount>' +
          '<StudentContributionAmount>13</StudentContributionAmount></StudentContribution>',
      ),
    ],
    [
      'a complementary indemnity, in each of its contributions',
      21n,
      worker(
        '<ComplementaryIndemnity>' +
          '<ComplIndemnityContribution><ComplIndemnityAmount>500</ComplIndemnityAmount>' +
          '<ContributionAmount>14</ContributionAmount></ComplIndemnityContribution>' +
          '<ComplIndemnityContribution><ContributionAmount>7</ContributionAmount></ComplIndemnityContribution>' +
          '</ComplementaryIndemnity>',
      ),
    ],
    [
      'nobody in particular',
      15n,
      '<ContributionUnrelatedToNP><UnrelatedAmount>15</UnrelatedAmount></ContributionUnrelatedToNP>',
    ],
    [
      'a worker, less what is deducted, for the worker and for an occupation',
      5n,
      worker(
        '<Occupation><OccupationDeduction><DeductionAmount>3</DeductionAmount></OccupationDeduction></Occupation>' +
          contribution('12') +
          '<WorkerDeduction><DeductionAmount>4</DeductionAmount><DeductionDetail>' +
          '<DeductionDetailAmount>4</DeductionDetailAmount></DeductionDetail></WorkerDeduction>',
      ),
    ],
  ])('counts what is owed for %s', (_, owed, content) => {
    expect(amounts(content).calculated).toBe(owed);
  });

  it.each(['9999', '+9999', '000000000000000000009999', ' 9999\n', '99<!-- -->99'])(
    'reads an amount that a schema accepts: %j',
    (written) => {
      const { declared, calculated } = amounts(
        `<NetOwedAmount>${written}</NetOwedAmount>${worker(contribution(written))}`,
      );

      expect({ declared, calculated }).toEqual({ declared: 9999n, calculated: 9999n });
    },
  );
});
