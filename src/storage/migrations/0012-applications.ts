export const id = '0012-applications';

/**
 * The secured applications of sluis itself. Operators add those of their own beside them; what an
 * operator changed of these stays.
 */
export const up = `
insert into application (code, labels, quality_types, roles, ordinal) values
('ebox',
 '{"nl":"e-Box Enterprise","fr":"e-Box Enterprise","de":"e-Box Enterprise","en":"e-Box Enterprise"}',
 array['employer', 'mandatary', 'service-provider', 'full-service-center', 'hospital',
   'telephone-operator', 'social-secretariat', 'authority'], '[]', 1),
('batches',
 '{"nl":"Zendingen en ontvangstbewijzen","fr":"Envois et accusés de réception","de":"Sendungen und Empfangsbestätigungen","en":"Batches and receipts"}',
 array['employer', 'mandatary', 'service-provider', 'full-service-center', 'hospital',
   'telephone-operator', 'social-secretariat', 'authority'],
 '[{"code":"consult","labels":{"nl":"Raadplegen","fr":"Consulter","de":"Einsehen","en":"Consult"}},{"code":"send","labels":{"nl":"Indienen","fr":"Introduire","de":"Einreichen","en":"Submit"}}]', 2),
('contributions',
 '{"nl":"Bijdragen","fr":"Cotisations","de":"Beiträge","en":"Contributions"}',
 array['employer', 'mandatary', 'service-provider', 'full-service-center',
   'social-secretariat'], '[]', 3),
('mandates',
 '{"nl":"Mandaten","fr":"Mandats","de":"Mandate","en":"Mandates"}',
 array['employer', 'mandatary', 'service-provider', 'full-service-center',
   'social-secretariat'], '[]', 4)
on conflict (code) do nothing;
`;
