/** The API serves the bundled script of `@scalar/api-reference`, which needs none of its 270 dependencies (220 MB). */
function readPackage(manifest) {
  return manifest.name === '@scalar/api-reference' ? { ...manifest, dependencies: {} } : manifest;
}

module.exports = { hooks: { readPackage } };
