import { X509Certificate } from 'node:crypto';

/** Names of attributes that the broker writes otherwise than OpenSSL does. */
const brokerNames: Readonly<Record<string, string>> = {
  serialNumber: 'SERIALNUMBER',
  emailAddress: 'EMAILADDRESS',
  GN: 'GIVENNAME',
  initials: 'INITIALS',
  generationQualifier: 'GENERATIONQUALIFIER',
  title: 'TITLE',
  pseudonym: 'PSEUDONYM',
  street: 'STREET',
};

/**
 * The subject of a certificate as RabbitMQ writes it where `ssl_cert_login_from` is
 * `distinguished_name` (RFC 4514, last part first): it is the name of the connection's user, and
 * stands in `user-id`. OpenSSL escapes values in the same way, so only order and names differ.
 */
export function subjectAsBrokerWrites(der: Buffer): string {
  const { subject } = new X509Certificate(der);
  const parts = (subject || '').split('\n').filter((line) => line !== '');
  return parts
    .toReversed()
    .map((part) => part.split(' + ').map(attributeOf).join('+'))
    .join(',');
}

function attributeOf(text: string): string {
  const at = text.indexOf('=');
  const name = text.slice(0, at);
  return `${brokerNames[name] ?? name}=${text.slice(at + 1)}`;
}
