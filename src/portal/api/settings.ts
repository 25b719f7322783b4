import { BlockList, isIP } from 'node:net';

/** What operators choose about the interface. */
export interface ApiSettings {
  /** Public address, `https://…`, where a proxy changes it; else the one a request names. */
  readonly origin?: string | undefined;
  readonly limits: RateLimits;
  readonly proxies: TrustedProxies;
}

/** Requests a minute. Each process counts for itself. */
export interface RateLimits {
  readonly sourceRequestsPerMinuteMax: number;
  readonly sessionRequestsPerMinuteMax: number;
  readonly loginRequestsPerMinuteMax: number;
  readonly recoveryRequestsPerMinuteMax: number;
}

/** Proxies whose word is taken for the address, the scheme and the certificate of a client. */
export interface TrustedProxies {
  trusts(address: string): boolean;
  /** Shared with them; without it they may not hand in certificates. */
  readonly secret?: string | undefined;
}

/** From addresses and networks such as `10.0.0.0/8`, as the settings have checked them. */
export function proxiesOf(list: readonly string[]): Pick<TrustedProxies, 'trusts'> {
  const block = new BlockList();
  for (const item of list) {
    const [address = '', bits] = item.split('/');
    const family = familyOf(address);
    block.addSubnet(address, bits === undefined ? bitsOf[family] : Number(bits), family);
  }
  return {
    trusts(address) {
      const plain = address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '');
      return isIP(plain) !== 0 && block.check(plain, familyOf(plain));
    },
  };
}

const bitsOf = { ipv4: 32, ipv6: 128 } as const;

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 6 ? 'ipv6' : 'ipv4';
}
