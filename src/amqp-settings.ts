import { choice, host, integer, isUrlOf, optional, size, yesNo } from './setting-kinds.ts';

/** What the channel over the broker is told. */
export const amqpSettings = {
  amqpUrl: optional(
    { env: 'SLUIS_AMQP_URL', secret: true, says: 'Broker; without it the AMQP channel is off.' },
    'amqp:// or amqps:// address',
    isUrlOf('amqp', 'amqps'),
  ),
  amqpManagementUrl: optional(
    {
      env: 'SLUIS_AMQP_MANAGEMENT_URL',
      secret: true,
      says: "The broker's management API; without it port 15672 of the broker, with the same user.",
    },
    'http:// or https:// address',
    isUrlOf('http', 'https'),
  ),
  amqpCa: optional(
    {
      env: 'SLUIS_AMQP_CA',
      says: "File (PEM) of the authority that signed the broker's certificate.",
    },
    'file',
    (text) => !text.includes('\0'),
  ),
  amqpAuthHost: host({
    env: 'SLUIS_AMQP_AUTH_HOST',
    fallback: '127.0.0.1',
    says: 'Address on which the broker asks who may log in; only the broker may reach it.',
  }),
  amqpAuthPort: integer(
    {
      env: 'SLUIS_AMQP_AUTH_PORT',
      fallback: '8090',
      says: "Port of the broker's questions; 0 takes any free one.",
    },
    0,
    65_535,
  ),
  amqpAuthSecret: optional(
    {
      env: 'SLUIS_AMQP_AUTH_SECRET',
      secret: true,
      says: "First part of the path of the broker's questions; without it nobody is let in.",
    },
    '24 to 128 letters, digits, hyphens and underscores',
    (text) => /^[A-Za-z0-9_-]{24,128}$/.test(text),
  ),
  amqpCertificates: yesNo({
    env: 'SLUIS_AMQP_CERTIFICATES',
    fallback: 'no',
    says: 'Technical users may log in to the broker by certificate; see the deploy notes first.',
  }),
  amqpTrustStore: yesNo({
    env: 'SLUIS_AMQP_TRUST_STORE',
    fallback: 'no',
    says: "The broker's rabbitmq_trust_store may ask for the registered certificates; see the deploy notes.",
  }),
  amqpAnswers: choice(
    {
      env: 'SLUIS_AMQP_ANSWERS',
      fallback: 'files',
      says: 'Answers over AMQP: a message for each file, or one for each set with its signature.',
    },
    ['files', 'set'] as const,
  ),
  amqpPrefetch: integer(
    {
      env: 'SLUIS_AMQP_PREFETCH',
      fallback: '16',
      says: 'Messages of one queue in hand at one time.',
    },
    1,
    1_000,
  ),
  amqpMessageBytesMax: size({
    env: 'SLUIS_AMQP_MESSAGE_BYTES',
    fallback: '16MiB',
    says: 'Longest message taken from a sender.',
  }),
  amqpQueueBytesMax: size({
    env: 'SLUIS_AMQP_QUEUE_BYTES',
    fallback: '1GiB',
    says: 'Bytes one queue of a sender may hold; beyond it the broker refuses more.',
  }),
} as const;
