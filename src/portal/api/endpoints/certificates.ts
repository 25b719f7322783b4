import { z } from 'zod';
import { endpoint } from '../endpoint.ts';
import { bytesOf, id, instant, uploadedFile } from '../fields.ts';
import { inSession } from '../session-state.ts';

const card = {
  fingerprint: z.string().describe('SHA-256 of the DER, lower-case hex.'),
  subject: z.string(),
  issuer: z.string(),
  serial: z.string(),
  notBefore: instant,
  notAfter: instant,
  qualified: z.boolean().describe('Equal to a handwritten signature, as its issuer states.'),
};

const previewed = z
  .object({ ...card, onSecureDevice: z.boolean() })
  .meta({ id: 'CertificatePreview' });

const linked = z
  .object({
    id: z.string(),
    ...card,
    state: z.enum(['active', 'blocked', 'retired', 'revoked']),
    addedAt: instant,
  })
  .meta({ id: 'LinkedCertificate' });

const list = z.object({ items: z.array(linked) });
const params = z.strictObject({ id });
const uploadBytesMax = 256 * 1024;
const refusals = ['seal.unreadable', 'registration.invalid', 'registration.exists'] as const;

/** Certificates with which persons log in: previewed, linked, renewed, retired. */
export const certificateEndpoints = [
  endpoint({
    method: 'GET',
    path: '/me/certificates',
    id: 'listOwnCertificates',
    tag: 'me',
    summary: "The person's certificates",
    action: 'self.certificate',
    byToken: false,
    answer: list,
    act: async ({ session, parts }) => ({
      items: await parts.identity.personCertificates.list(inSession(session)),
    }),
  }),
  endpoint({
    method: 'POST',
    path: '/me/certificates/previews',
    id: 'previewCertificate',
    tag: 'me',
    summary: 'Shows a certificate and whether it would be linked; nothing is written',
    action: 'self.certificate',
    byToken: false,
    bodyBytesMax: uploadBytesMax,
    body: z.strictObject({ file: uploadedFile }),
    answer: previewed,
    errors: [...refusals, 'signin.stage'],
    act: ({ session, body, parts }) =>
      parts.identity.personCertificates.preview(inSession(session), bytesOf(body.file)),
  }),
  endpoint({
    method: 'POST',
    path: '/me/certificates',
    id: 'linkCertificate',
    tag: 'me',
    summary: 'Links the certificate that was previewed; an earlier one stays valid until retired',
    action: 'self.certificate',
    byToken: false,
    bodyBytesMax: uploadBytesMax,
    body: z.strictObject({
      file: uploadedFile,
      fingerprint: z
        .string()
        .regex(/^[0-9a-f]{64}$/)
        .describe('As the preview gave it.'),
    }),
    status: 201,
    answer: linked,
    errors: [...refusals, 'signin.stage', 'signin.reauthenticate'],
    act: ({ session, body, parts }) =>
      parts.identity.personCertificates.link(inSession(session), {
        file: bytesOf(body.file),
        fingerprint: body.fingerprint,
      }),
  }),
  endpoint({
    method: 'POST',
    path: '/me/certificates/:id/retirement',
    id: 'retireCertificate',
    tag: 'me',
    summary: 'Retires a certificate: it opens nothing any more, and may be linked elsewhere',
    action: 'self.certificate',
    byToken: false,
    params,
    errors: ['registration.exists', 'signin.stage', 'access.guard'],
    act: ({ session, params: { id: certificate }, parts }) =>
      parts.identity.personCertificates.retire(inSession(session), certificate),
  }),
  endpoint({
    method: 'POST',
    path: '/me/certificates/:id/block',
    id: 'blockCertificate',
    tag: 'me',
    summary: "Blocks one's own certificate at once, everywhere",
    action: 'self.certificate',
    byToken: false,
    params,
    errors: ['registration.exists', 'signin.stage', 'access.guard'],
    act: ({ session, params: { id: certificate }, parts }) =>
      parts.identity.personCertificates.block(inSession(session), certificate),
  }),
  endpoint({
    method: 'GET',
    path: '/recognised-issuers',
    id: 'listRecognisedIssuers',
    tag: 'help',
    summary: 'Issuers whose certificates are accepted',
    action: 'public',
    answer: z.object({ items: z.array(z.string()) }),
    act: async ({ parts }) => ({
      items: await parts.identity.personCertificates.recognisedIssuers(),
    }),
  }),
  endpoint({
    method: 'GET',
    path: '/persons/:id/certificates',
    id: 'listCertificatesOfPerson',
    tag: 'persons',
    summary: 'Certificates of a person the caller answers for',
    action: 'certificate.withdraw',
    params,
    answer: list,
    act: async ({ caller, params: { id: personId }, parts }) => ({
      items: await parts.identity.personCertificates.listOf(caller, personId),
    }),
  }),
  endpoint({
    method: 'PUT',
    path: '/person-certificates/:id/state',
    id: 'withdrawCertificate',
    tag: 'persons',
    summary: 'Blocks, unblocks, retires or revokes a certificate of somebody else',
    action: 'certificate.withdraw',
    params,
    body: z.strictObject({ state: z.enum(['blocked', 'active', 'retired', 'revoked']) }),
    errors: ['registration.exists', 'registration.invalid', 'access.guard'],
    act: ({ caller, params: { id: certificate }, body, parts }) =>
      parts.identity.personCertificates.withdraw(caller, certificate, body.state),
  }),
];
