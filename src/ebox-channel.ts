import type { ChannelOpener } from './channel-openers.ts';
import { eboxOutlet } from './channels/index.ts';
import { openDocumentTypes } from './ebox.ts';
import { eboxStore } from './storage/index.ts';

/** The glossary's code for what is read on the web. */
const web = 3;

/** e-Boxes: answers and routed declarations become documents of those they are for. */
export const eboxChannel: ChannelOpener = {
  role: 'worker',
  async open({ database, blobs, clock, settings }) {
    const types = await openDocumentTypes(settings);
    const outlet = eboxOutlet({ store: eboxStore(database.knex), blobs, types, clock });
    return { name: 'ebox', code: web, outlet };
  },
};
