/** What one run of the tests needs before its files: jest takes a single module for that. */
import hold from './hold-database.mjs';

export default function begin() {
  hold();
  // Workers inherit it, and so know which run they belong to.
  process.env.SLUIS_TEST_RUN = String(process.pid);
}
