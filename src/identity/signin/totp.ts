import { generateSecret, generateURI, verifySync } from 'otplib';
import { toString as qrText } from 'qrcode';

/**
 * Time-based codes of RFC 6238 as every authenticator app knows them: SHA-1, six digits, a step of
 * thirty seconds. A code is taken in its own step, in the one after (it was typed late) and in the
 * one before (the telephone's clock is ahead): ninety seconds in all, where OWASP ASVS 6.5.5 asks
 * for thirty. Each step is taken once only, so that the wider window gives no second use.
 */
export const totpParameters = {
  type: 'TOTP',
  digits: 6,
  periodSeconds: 30,
  windowSteps: 1,
} as const;

const secretBytes = 20;

/** 160 random bits in base32. */
export function newTotpSecret(): string {
  return generateSecret({ length: secretBytes });
}

/** The step a code belongs to at the instant, or undefined when it belongs to none near it. */
export function stepOfCode(secret: string, typed: string, at: Date): bigint | undefined {
  const token = typed.replace(/\s+/g, '');
  if (!/^\d{6}$/.test(token)) return undefined;
  const result = verifySync({
    ...{ strategy: 'totp', secret, token },
    epoch: Math.floor(at.getTime() / 1000),
    period: totpParameters.periodSeconds,
    digits: totpParameters.digits,
    algorithm: 'sha1',
    epochTolerance: totpParameters.windowSteps * totpParameters.periodSeconds,
  });
  return result.valid && 'timeStep' in result ? BigInt(result.timeStep) : undefined;
}

export interface TotpSheet {
  readonly uri: string;
  /** The address as a picture, drawn here: it never leaves for another server. */
  readonly qrSvg: string;
  /** For typing in by hand. */
  readonly manual: {
    readonly issuer: string;
    readonly account: string;
    /** Base32 in groups of four. */
    readonly secret: string;
    readonly type: 'TOTP';
    readonly algorithm: 'SHA1';
    readonly digits: number;
    readonly periodSeconds: number;
  };
}

/** What somebody needs to set up an app, by camera or by hand. */
export async function totpSheet(o: {
  readonly secret: string;
  readonly issuer: string;
  readonly account: string;
}): Promise<TotpSheet> {
  const { secret, issuer, account } = o;
  const { digits, periodSeconds } = totpParameters;
  const uri = generateURI({ strategy: 'totp', issuer, label: account, secret });
  return {
    uri,
    qrSvg: await qrText(uri, { type: 'svg', errorCorrectionLevel: 'M', margin: 4 }),
    manual: {
      ...{ issuer, account, digits, periodSeconds, type: 'TOTP', algorithm: 'SHA1' },
      secret: secret.replace(/.{4}(?=.)/g, '$& '),
    },
  };
}
