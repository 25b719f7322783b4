import type {
  StatedAssessment,
  StatedForm,
  StatementStory,
} from '../../src/acknowledgement/index.ts';
import { enterpriseNumberOf } from '../../src/vocabulary/index.ts';
import { notificationStory, notifiedForm } from './notified-form.ts';

export function statementStory(): StatementStory {
  const { ticket, fileName, at } = notificationStory();
  return { ticket, fileName, at };
}

export function assessment(changes: Partial<StatedAssessment> = {}): StatedAssessment {
  return {
    status: 'LIABLE',
    entities: 5,
    activityTax: '1897.40',
    levy: '1434.00',
    total: '3331.40',
    trace: [
      { rule: 'R03', basis: 'annex IX', text: 'highest class for MANUFACTURER', value: 5 },
      { rule: 'R09', text: '500000.00 < 48798.40', value: 'NOT_EXEMPT' },
      { rule: 'R11', text: 'contribution', value: '3331.40' },
    ],
    ...changes,
  };
}

export function statedForm(number = 1, changes: Partial<StatedForm> = {}): StatedForm {
  const { ticket, header } = notifiedForm(number);
  return {
    ticket,
    header,
    reference: `INVOICE ${String(number)}`,
    company: enterpriseNumberOf(2_067_316),
    year: 2025,
    provisional: true,
    assessment: assessment(),
    ...changes,
  };
}
