export const id = '0023-dispatch-step';

/** Declarations of social risk are written out for their recipients in a step of its own. */
export const up = `
alter table work_item drop constraint work_item_step_check;
alter table work_item add constraint work_item_step_check
  check (step in ('inspect', 'chunk', 'settle', 'notify', 'state', 'dispatch'));
`;
