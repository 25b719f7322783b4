import { day } from './certificate.ts';
import { readNamedFile, readNamedFiles, repeated } from './named-file.ts';
import { operator } from './operator.ts';
import type { Anchor } from '../identity/index.ts';
import type { RegisterCommand } from './frame.ts';

/** `sluis trust`: the issuers whose certificates may sign. */
export const registerTrust: RegisterCommand = (program, frame) => {
  const group = program.command('trust').description('issuers whose certificates may sign batches');

  group
    .command('add')
    .description('trusts the certificates of a file, or renews their revocation lists')
    .argument('<file>', 'issuer certificates, or a signer’s own, in PEM, DER or p7b')
    .option(
      '--crl <file>',
      'revocation list signed by a trusted certificate (repeatable)',
      repeated,
    )
    .addHelpText('after', addExamples)
    .action(async (path: string, { crl }: { readonly crl?: readonly string[] }) => {
      const file = await readNamedFile(path);
      const crls = await readNamedFiles(crl);
      const { identity } = await frame.office();
      const { added, renewed } = await identity.trust.add({ file, crls, by: operator() });
      frame.out.json({ added: added.map(shown), renewed: renewed.map(shown) });
      for (const anchor of added) frame.out.print(`trusted: ${anchor.subject}`);
      for (const anchor of renewed) {
        frame.out.print(`revocation list until ${until(anchor)}: ${anchor.subject}`);
      }
      for (const anchor of added.filter((one) => one.crl === undefined)) {
        frame.out.progress(`note: without a CRL nothing below ${anchor.subject} can be revoked`);
      }
    });

  group
    .command('list')
    .description('the trust list')
    .action(async () => {
      const { identity } = await frame.office();
      const anchors = await identity.trust.list();
      frame.out.json(anchors.map(shown));
      frame.out.table(
        ['valid until', 'revocation list until', 'fingerprint', 'subject'],
        anchors.map((anchor) => [
          day(anchor.notAfter),
          until(anchor),
          anchor.fingerprint,
          anchor.subject,
        ]),
      );
    });
};

function until({ crl }: Anchor): string {
  return crl === undefined ? 'none: not checked' : crl.nextUpdate.toISOString();
}

function shown(anchor: Anchor): Record<string, unknown> {
  const { fingerprint, subject, issuer, notBefore, notAfter, addedAt, crl } = anchor;
  const list = crl && { thisUpdate: crl.thisUpdate, nextUpdate: crl.nextUpdate };
  return { fingerprint, subject, issuer, notBefore, notAfter, addedAt, crl: list ?? null };
}

const addExamples = `
Examples:
  $ sluis trust add issuer.pem --crl issuer.crl
  $ sluis trust add issuer.pem --crl renewed.crl      the list is renewed, the issuer stays
  $ sluis trust add signer.pem                        a self-signed certificate, its own anchor`;
