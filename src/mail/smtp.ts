import { createTransport } from 'nodemailer';
import type { Carrier } from './ports.ts';

const connectionMs = 10_000;
const socketMs = 30_000;

/**
 * A mail server by its address: `smtps://` for TLS from the start, `smtp://` for STARTTLS where the
 * server offers it; user and password stand in the address.
 */
export function smtpCarrier(o: { readonly url: string; readonly from: string }): Carrier {
  const transport = createTransport({
    url: o.url,
    pool: true,
    maxConnections: 2,
    connectionTimeout: connectionMs,
    greetingTimeout: connectionMs,
    socketTimeout: socketMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  const domain = o.from.replace(/^.*@/, '').replace(/>.*$/, '');
  return {
    async carry({ id, to, language, subject, text }) {
      await transport.sendMail({
        from: o.from,
        to: { name: '', address: to },
        ...{ subject, text },
        // The same at every attempt: a server that took it twice can see that.
        messageId: `<${id}@${domain}>`,
        headers: { 'Content-Language': language, 'Auto-Submitted': 'auto-generated' },
      });
    },
    close: () => {
      transport.close();
    },
  };
}
