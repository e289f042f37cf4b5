import type { PriceList } from '../src/money/prices.ts';

export interface PriceTable {
  readonly about: string;
  readonly lists: readonly PriceList[];
}

export function listsOf(offer: unknown): PriceList[];
export function renewed(table: PriceTable, lists: readonly PriceList[]): PriceTable;
export function tableText(table: PriceTable): string;
