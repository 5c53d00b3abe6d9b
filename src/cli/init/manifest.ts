/** What `init` needs of a package.json: the rest stays as it is. */
export interface Manifest {
  readonly name?: string;
  readonly private?: boolean;
  readonly type?: string;
  readonly scripts?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

/** `policy`: the module whose policy stands in code; the file of cases says it itself. */
function scriptsFor(policy: string | undefined): Readonly<Record<string, string>> {
  const option = policy === undefined ? '' : ` --policy ${policy}`;
  return {
    dev: `portcullis dev${option}`,
    check: `portcullis check${option}`,
    test: 'portcullis test',
    predeploy: `portcullis check${option} --deploy`,
    deploy: 'wrangler deploy',
  };
}

/** A package.json with the scripts and dependencies of a gateway; what stands in `existing` is not changed. */
export function manifestWith(existing: Manifest, { name, policy, versions }: Needed): Manifest {
  return {
    name,
    private: true,
    type: 'module',
    ...existing,
    scripts: { ...scriptsFor(policy), ...existing.scripts },
    dependencies: { portcullis: versions.portcullis, ...existing.dependencies },
    devDependencies: { wrangler: versions.wrangler, ...existing.devDependencies },
  };
}

export interface Needed {
  readonly name: string;
  readonly policy: string | undefined;
  readonly versions: { readonly portcullis: string; readonly wrangler: string };
}
