/* Filters live in the address, so that a link shows what its sender saw. A page declares its filters once; both
 * directions and the request to the API are made from that declaration. */

export type FilterKind = 'text' | 'one' | 'many' | 'yes'

export type FilterSpec = Record<string, FilterKind>

export type FilterValue<K extends FilterKind> = K extends 'many' ? string[] : K extends 'yes' ? boolean : string

export type Filters<S extends FilterSpec> = { [N in keyof S]: FilterValue<S[N]> }

export type Query = Record<string, string | null | (string | null)[] | undefined>

export function filtersFrom<S extends FilterSpec>(spec: S, query: Query): Filters<S> {
  const filters: Record<string, unknown> = {}
  for (const [name, kind] of Object.entries(spec)) {
    const raw = query[name]
    const first = (Array.isArray(raw) ? raw[0] : raw) ?? ''
    if (kind === 'many') filters[name] = first === '' ? [] : first.split(',').map((part) => part.trim()).filter((part) => part !== '')
    else if (kind === 'yes') filters[name] = first === '1'
    else filters[name] = first
  }
  return filters as Filters<S>
}

/** The query of the address and of the API alike: empty filters are left out, so that the plain page has a plain address. */
export function queryFrom<S extends FilterSpec>(spec: S, filters: Filters<S>): Record<string, string> {
  const query: Record<string, string> = {}
  for (const [name, kind] of Object.entries(spec)) {
    const value = (filters as Record<string, unknown>)[name]
    if (kind === 'many') {
      if ((value as string[]).length > 0) query[name] = (value as string[]).join(',')
    } else if (kind === 'yes') {
      if (value) query[name] = '1'
    } else if (value) query[name] = value as string
  }
  return query
}

export function anyFilter<S extends FilterSpec>(spec: S, filters: Filters<S>): boolean {
  return Object.keys(queryFrom(spec, filters)).length > 0
}
