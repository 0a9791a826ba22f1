/**
 * Of `@scalar/api-reference` only the script that its authors have built is used. What that was built
 * from is 270 packages and 220 MB, and nothing of them would ever run.
 */
function readPackage(manifest) {
  return manifest.name === '@scalar/api-reference' ? { ...manifest, dependencies: {} } : manifest;
}

module.exports = { hooks: { readPackage } };
