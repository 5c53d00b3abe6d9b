/** What `init` needs of a package.json: the rest stays as it is. */
export interface Manifest {
  readonly name?: string;
  readonly private?: boolean;
  readonly type?: string;
  readonly scripts?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

const SCRIPTS = {
  dev: 'portcullis dev',
  check: 'portcullis check',
  test: 'portcullis test',
  predeploy: 'portcullis check --deploy',
  deploy: 'wrangler deploy',
};

/** A package.json with the scripts and dependencies of a gateway; what stands in `existing` is not changed. */
export function manifestWith(existing: Manifest, name: string, versions: Versions): Manifest {
  return {
    name,
    private: true,
    type: 'module',
    ...existing,
    scripts: { ...SCRIPTS, ...existing.scripts },
    dependencies: { portcullis: versions.portcullis, ...existing.dependencies },
    devDependencies: { wrangler: versions.wrangler, ...existing.devDependencies },
  };
}

export interface Versions {
  readonly portcullis: string;
  readonly wrangler: string;
}
