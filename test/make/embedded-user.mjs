/**
 * A process that uses the embedded server of a data directory (its one argument): tells on stdout
 * where the server listens, and lets go when its stdin ends. Runs what was built.
 */
import { openEmbedded } from '../../dist/storage/index.js';

const server = await openEmbedded({ data: process.argv[2] });
const { port } = await server.address();
console.log(JSON.stringify({ port, url: await server.url('postgres') }));
process.stdin.resume();
process.stdin.once('end', () => void server.release());
