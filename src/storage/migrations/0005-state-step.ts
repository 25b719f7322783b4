export const id = '0005-state-step';

/** The statement is made in a step of its own, after the notification. */
export const up = `
alter table work_item drop constraint work_item_step_check;
alter table work_item add constraint work_item_step_check
  check (step in ('inspect', 'chunk', 'settle', 'notify', 'state'));
`;
