import type { Algorithms } from 'ssh2';

/**
 * What is negotiated, by our order of preference; the client's order decides. No SHA-1, no CBC, no
 * compression. The library adds strict key exchange (CVE-2023-48795) by itself.
 *
 * chacha20-poly1305 stays out unless asked for: OpenSSH clients put it first and it is slower here
 * than AES by a third. The plain MACs serve clients without encrypt-then-MAC and without GCM, of
 * which libssh2 before 1.11 (curl on Debian 12) is the common one.
 */
export function algorithmsOf(options: { readonly chacha20: boolean }): Algorithms {
  return {
    kex: [
      'curve25519-sha256',
      'curve25519-sha256@libssh.org',
      'ecdh-sha2-nistp256',
      'ecdh-sha2-nistp384',
      'diffie-hellman-group16-sha512',
      'diffie-hellman-group18-sha512',
    ],
    serverHostKey: ['ssh-ed25519', 'rsa-sha2-512', 'rsa-sha2-256'],
    cipher: [
      'aes128-gcm@openssh.com',
      'aes256-gcm@openssh.com',
      'aes256-ctr',
      'aes128-ctr',
      ...(options.chacha20 ? (['chacha20-poly1305@openssh.com'] as const) : []),
    ],
    hmac: [
      'hmac-sha2-256-etm@openssh.com',
      'hmac-sha2-512-etm@openssh.com',
      'hmac-sha2-256',
      'hmac-sha2-512',
    ],
    compress: ['none'],
  };
}
