import { childrenOf, integerAt, textAt } from '../validation/index.ts';
import type { FormView } from '../validation/index.ts';

/** The declarant's own reference: the block of type 1 and origin 1. */
export function ownReference({ tree, node }: FormView): { readonly reference?: string } {
  for (const block of childrenOf(tree, node, 'Reference')) {
    const type = integerAt(tree, block, 'ReferenceType');
    const origin = integerAt(tree, block, 'ReferenceOrigin');
    const reference = textAt(tree, block, 'ReferenceNbr');
    if (type === '1' && origin === '1' && reference !== '') return { reference };
  }
  return {};
}
