export const id = '0043-card-numbers';

/**
 * The certificate of an identity card holds the national number of its person. Nothing read it again
 * once it was linked, so it is kept no longer; what is shown of its subject ends the number.
 */
export const up = `
alter table person_certificate drop column der;
update person_certificate
  set subject = regexp_replace(subject, '(^|[^0-9])[0-9]{9}([0-9]{2})(?![0-9])', '\\1·········\\2', 'g');
`;
