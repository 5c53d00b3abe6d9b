import { plainValue, SourceFault, type SourceNode, SourceTable } from './source-node.ts';

export const kindOf = ({ value }: SourceNode): string | undefined => {
  const kind = value instanceof Map ? value.get('kind')?.value : undefined;
  return typeof kind === 'string' ? kind : undefined;
};

/** A List stands for what is in it. */
export const itemsOf = (document: SourceNode): readonly SourceNode[] =>
  /List$/.test(kindOf(document) ?? '') ? new SourceTable(document, 'a list').list('items') : [document];

/** Where policies without a selector are about every namespace. */
const ROOT_NAMESPACE = 'istio-system';

/** Policies of several workloads would be joined: what one allows the other would allow too. */
export function oneWorkload(resources: readonly SourceNode[]): void {
  const named = resources.map((resource) => {
    const spec = new SourceTable(resource, 'resource').node('spec');
    const table = spec === undefined ? undefined : new SourceTable(spec, 'spec');
    const selected = ['selector', 'targetRef', 'targetRefs'].map((key) => table?.node(key));
    return { line: resource.line, text: JSON.stringify(selected.map((node) => node && plainValue(node))) };
  });
  const namespaces = resources.map((resource) => ({
    line: resource.line,
    name: new SourceTable(resource, 'resource').table('metadata')?.text('namespace') ?? '',
  }));
  const own = namespaces.filter(({ name }) => name !== ROOT_NAMESPACE);
  const foreign = own.find(({ name }) => name !== own[0]?.name);
  if (foreign !== undefined) {
    throw new SourceFault(
      foreign.line,
      'a second namespace: import what is about the workloads of one namespace at a time',
    );
  }
  const [first, other] = Map.groupBy(
    named.filter(({ text }) => text !== '[null,null,null]'),
    ({ text }) => text,
  ).values();
  if (first !== undefined && other !== undefined) {
    throw new SourceFault(
      other[0]?.line ?? 1,
      'a second workload: import what is about one workload at a time',
    );
  }
}
