function readPackage(manifest) {
  const { name, version, dependencies, peerDependencies } = manifest;
  // The API serves the bundled script, which needs none of its 270 dependencies (220 MB).
  if (name === '@scalar/api-reference') return { ...manifest, dependencies: {} };
  // The tests' old clients need a server package of their own version, unlike the workspace.
  if (name === '@trpc/client' && /^11\.[08]\./.test(version)) {
    const { '@trpc/server': server, ...peers } = peerDependencies;
    const own = { ...dependencies, '@trpc/server': server };
    return { ...manifest, dependencies: own, peerDependencies: peers };
  }
  return manifest;
}

module.exports = { hooks: { readPackage } };
